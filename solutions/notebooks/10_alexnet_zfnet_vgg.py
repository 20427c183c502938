# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 10 · AlexNet, ZFNet, VGG
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/stride-course/stride/blob/main/notebooks/10_alexnet_zfnet_vgg.ipynb)
#
# Three networks, 2012 to 2014, that made deep learning the way to see. None of them has a part that you have not built yourself. What is new is the plan: how many layers, how wide, which filters, and where the work goes. You build all three as published, down to the last parameter, and try out their claims on real images.
#
# **You will be able to** read an architecture out of a paper, gaps and slips included · write a network whose size is an option · say where parameters and operations of a network lie, before training it · explain groups, local response normalisation and overlapping pooling · say why VGG stacks small filters, and test that claim fairly.
#
# **Not here:** training on ImageNet (it took six days in 2012 and takes a large GPU today; 13 trains at scale), looking at filters (15), 1×1 convolutions and shortcuts (11).
#
# **Time** about 170 minutes · **Points** 100 · **Before this** 09; local response normalisation (06) for one experiment. **To hand in** this notebook and the folder `cnnlib/nets`.

# %% [markdown]
# ## Set-up
#
# As in 09: you write in `cnnlib/nets/`, save, and run the next cell. *In Colab*, the files are in the panel on the left, under `stride/cnnlib/`; download what you wrote before you leave.

# %%
# %load_ext autoreload
# %autoreload 2
import os
import subprocess
import sys
from pathlib import Path

if "google.colab" in sys.modules:  # Colab starts empty: fetch the course once
    if not Path("/content/stride").exists():
        course = "https://github.com/stride-course/stride"
        subprocess.run(["git", "clone", "--quiet", "--depth", "1", course, "/content/stride"], check=True)
        # The command stride; --no-deps leaves Colab's own numpy and torch alone.
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--editable", "/content/stride"], check=True)
    os.chdir("/content/stride")
here = Path.cwd()
sys.path += [str(folder) for folder in (here, *here.parents) if (folder / "course.toml").is_file()]

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from autograder import check
from cnnlib import norm
from cnnlib.kit import grey, load, photo, progress, to_batch
from cnnlib.kit import show_bars, show_images, show_receptive_field, show_run_bars, waits_for
from cnnlib.nets import alexnet, vgg, zfnet

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
print(f"PyTorch {torch.__version__}; networks that learn do so on: {device}")

# %% [markdown]
# ## 1 · AlexNet
#
# In 2012 the best of all others in the ImageNet competition, a thousand classes, five guesses for each image, missed the right class in 26.2 % of the images. AlexNet missed it in 15.3 %. (Seven networks averaged, two of them with more data; one alone has 18.2 %: the paper's table 2.) It is LeNet, grown up:
#
# | | LeNet-5 | AlexNet |
# |---|---|---|
# | image | 28×28 grey (32×32 with a border) | 224×224 in colour |
# | layers with weights | 5 | 8: five convolutions, three fully connected |
# | bends by | tanh | ReLU: several times fewer epochs to the same training error |
# | pools by | averages of 2×2 | maxima of 3×3, two apart: windows overlap |
# | channels compete | no | local response normalisation, twice |
# | against overfitting | | dropout, random crops and mirror images, shifts of colour |
# | parameters | 61,706 | 61 million |

# %% [markdown]
# **Reading a paper.** Sizes in papers do not always come out. AlexNet's says 224×224 pixels, 11×11 filters, stride 4, and its next layers need 55×55 places:
#
# **Predict.** How many places are there along a side without padding? With how much padding, or with images of which size, are there 55?
#
# <details><summary>Answer</summary>
#
# (224 − 11)/4 + 1 = 54.25: the filter lands on 54 places, and a pixel is left over. With two zeros on each side, (228 − 11)/4 + 1 = 55.25: 55 places. Or with images of 227 pixels and no padding, (227 − 11)/4 + 1 = 55 exactly, as many programs do it. We take padding 2, so that images have the 224 pixels that all others expect.
# </details>

# %% [markdown]
# One of the lectures lists AlexNet with a stride of 2 in the second convolution. It is 1: 27×27 places go in, 27×27 come out. The same list has pooling before normalisation; that is a later program's order (CaffeNet's). The paper normalises first. And the other lecture's AlexNet pads by 1 in the first layer: 54 places, and 5×5 instead of 6×6 at the end.

# %% [markdown]
# **Two GPUs.** Its authors' GPUs had 3 GB each: too little. So they cut the network in two halves, one on each GPU, with half of the filters. In convolutions 2, 4 and 5 a filter sees only the channels of its own half; in 3 and in the fully connected layers it sees all. PyTorch says this with `groups=2`. For the second convolution that means 2 · 128 · 48 = 12,288 kernels of 5×5 in place of 256 · 96 = 24,576:

# %%
def connections(channels, filters, groups):
    """Which filter (row) sees which channel (column)."""
    return np.kron(np.eye(groups), np.ones((filters // groups, channels // groups)))


show_images(
    *(1 - connections(96, 256, groups).T for groups in (1, 2)), titles=("groups=1", "groups=2"), shared=True, size=1.6,
    caption="Convolution 2: which of 256 filters (across) sees which of 96 channels (down). Dark: it does.",
)

# %% [markdown]
# **Local response normalisation** divides each number by what its neighbours in five channels have at the same pixel: $x_c / (k + \alpha \sum_q x_q^2)^\beta$, with $k = 2$, $\alpha = 10^{-4}$, $\beta = 0.75$. You wrote it in 06. The paper found 1.2 points of top-5 error in it (section 3.3); VGG's authors found nothing (section 4.1), and batch norm ended it.
#
# PyTorch has it, `nn.LocalResponseNorm(size, alpha, beta, k)`, **in another convention**: its alpha is divided by its size, and its k is 1 unless you say otherwise. Nothing complains if you overlook that.

# %% [markdown]
# ### Experiment: the same letters, other numbers
#
# The cat, seen through eight filters; your `local_response_norm` of 06 with the paper's constants, against three ways to ask PyTorch for it.

# %%
with waits_for("norm.local_response_norm"):
    rng = np.random.default_rng(0)
    image = torch.from_numpy(to_batch(grey(photo("cat"))))  # (1, 1, 200, 300), 0 to 255
    seen = F.relu(F.conv2d(image, torch.from_numpy(rng.standard_normal((8, 1, 5, 5)))))
    mine = torch.from_numpy(norm.local_response_norm(seen.numpy(), 5, 1e-4, 0.75, 2.0))
    asked = {"alpha 1e-4": {"alpha": 1e-4}, "alpha 1e-4, k 2": {"alpha": 1e-4, "k": 2.0}, "alpha 5e-4, k 2": {"alpha": 5e-4, "k": 2.0}}
    for words, constants in asked.items():
        apart = (nn.LocalResponseNorm(5, beta=0.75, **constants)(seen) - mine).abs().max() / mine.abs().max()
        print(f"nn.LocalResponseNorm with {words:16} differs by up to {apart.item():.0e} of the largest number")

# %% [markdown]
# **The recipe**, which the next years copied: SGD with momentum 0.9, batches of 128, weight decay 0.0005, weights drawn from a Gaussian of standard deviation 0.01, a rate of 0.01 that is divided by 10 whenever the validation error stands still (three times), dropout of one half behind both large layers, about 90 epochs, five to six days (sections 4 and 5). Biases of convolutions 2, 4, 5 and of the large layers began at 1, so that their ReLUs were awake.

# %% [markdown]
# **Exercise `nets.alexnet.AlexNet`** · 26 points · difficulty ●●●○○ · 35 minutes · in `cnnlib/nets/alexnet.py`
#
# As published, and smaller where it is asked to be: the check uses narrow networks on images of full size, and looks at the large ones without computing anything.

# %% check="nets.alexnet.AlexNet"
check("nets.alexnet.AlexNet")

# %% [markdown]
# ### Experiment: the bill
#
# On the device `meta` tensors have shapes and no numbers. So the largest network can be asked for its bill in no time.

# %%
def bill(make, size=224):
    """(kind, output shape, parameters, operations) of every convolution and fully connected layer, for one image."""
    rows = []

    def note(layer, inputs, out):
        weight = layer.weight[0].numel()  # of one filter, or one unit
        rows.append((type(layer).__name__, tuple(out.shape[1:]), sum(p.numel() for p in layer.parameters()), out[0].numel() * weight))

    with torch.device("meta"):
        model, images = make(), torch.zeros(1, 3, size, size)
        for layer in model.modules():
            if isinstance(layer, (nn.Conv2d, nn.Linear)):
                layer.register_forward_hook(note)
        model(images)
    return rows


def print_bill(rows):
    print(f"{'':8}{'output':>16}{'parameters':>16}{'operations':>18}")
    for kind, shape, parameters, operations in rows:
        print(f"{kind:8}{' × '.join(map(str, shape)):>16}{parameters:>16,}{operations:>18,}")
    print(f"together{'':16}{sum(row[2] for row in rows):>16,}{sum(row[3] for row in rows):>18,}\n")


with waits_for("nets.alexnet.AlexNet"):
    for groups in (2, 1):
        print(f"AlexNet, groups={groups}")
        print_bill(bill(lambda groups=groups: alexnet.AlexNet(groups=groups)))

# %% [markdown]
# **Predict.** A lecture counts 46 million parameters and 1 GFLOP for AlexNet, the paper speaks of 60 million. Where do 15 million go, and why is yours cheaper than 1 GFLOP?
#
# <details><summary>Answer</summary>
#
# The lecture leaves out the last layer (4.1 million; with it, 50.8). Its network pads by 1 and so has 5×5 places before the first large layer where the paper's has 6×6: 11 · 256 · 4096 = 11.5 million. Together 62.4 million: your `groups=1`. Groups save 1.4 million: 60,965,224. Operations: two of the groups' three convolutions are among the dearest, and each
# costs half: 724 million, where the undivided network has 1,135 million (and the lecture's, with fewer places, about 1,000).
# </details>

# %% [markdown]
# > **Takeaway.** 96 % of AlexNet's parameters are in the three fully connected layers, 92 % of its work in the five convolutions. Groups halve both for the layers that they divide.

# %% [markdown]
# ## 2 · ZFNet
#
# Zeiler and Fergus looked into AlexNet (15 tells how) and saw two things in its first layer: filters for very fine and very coarse patterns with little in between, and, one layer on, ghosts of the large stride. So they took smaller filters and smaller steps:
#
# | | AlexNet | ZFNet |
# |---|---|---|
# | convolution 1 | 11×11, stride 4: 55×55 places | 7×7, **stride 2**: 110×110 places |
# | convolution 2 | 5×5, stride 1, groups | 5×5, stride 2, no padding |
# | convolutions 3, 4, 5 | 384, 384, 256 filters | the same; then **512, 1024, 512** |
# | normalisation | before pooling | behind it |
# | top-5 error | 16.4 % | 11.7 % |
#
# (The lecture has 384, **4**84, 256 for AlexNet: a slip. About the last row: 16.4 % is the average of five AlexNets without further data, 11.7 % the 2013 winner, an entry of Zeiler's company Clarifai; the paper's own best is 14.8 %, six networks averaged. Of one network alone its table 2 has 18.1 % for AlexNet, 16.5 % for ZFNet, 16.0 % for the wide one.)
#
# The paper's other result outlived the network: with a new last layer, and nothing else trained anew, it beat all that was known on two smaller collections, Caltech-101 and Caltech-256. Features carry over (14).

# %% [markdown]
# **Predict.** Pooling 3×3, two apart, of 110×110 places: how many come out? The paper's figure says 55. And 26×26 become 13×13?
#
# <details><summary>Answer</summary>
#
# (110 − 3)/2 + 1 = 54.5, and (26 − 3)/2 + 1 = 12.5. Rounded down, as PyTorch does, that is 54 and 12; the paper's 55 and 13 come from windows that may hang over the edge: `ceil_mode=True`. Then 13 becomes 6 either way.
# </details>

# %% [markdown]
# **Exercise `nets.zfnet.ZFNet`** · 18 points · difficulty ●●○○○ · 20 minutes · in `cnnlib/nets/zfnet.py`

# %% check="nets.zfnet.ZFNet"
check("nets.zfnet.ZFNet")

# %% [markdown]
# ### Experiment: what a stride of 4 does to fine patterns
#
# A filter for fine upright stripes, four pixels from one to the next, on the cat: at every pixel, at every second, at every fourth. Then, in each field of 8×8 pixels: how much of its strongest response do the places of the grid see? That depends on where the cat happens to sit, so all positions of the grid are tried.

# %%
across = np.arange(7) - 3
stripes = np.outer(np.exp(-(across**2) / 8), np.exp(-(across**2) / 8) * np.cos(2 * np.pi * across / 4))
stripes -= stripes.mean()
cat = torch.from_numpy(to_batch(grey(photo("cat"))))
full = F.relu(F.conv2d(cat, torch.from_numpy(stripes)[None, None]))


def kept(stride, field=8):
    """Shares of the fields' strongest responses that the places of this stride see, for all positions of the grid; of the stronger half of fields."""
    strongest = F.max_pool2d(full, field)
    shares = []
    for down in range(stride):
        for right in range(stride):
            grid = torch.zeros_like(full)
            grid[..., down::stride, right::stride] = full[..., down::stride, right::stride]
            shares.append((F.max_pool2d(grid, field) / strongest)[strongest > strongest.median()])
    return 100 * torch.stack(shares)


show_images(*(full[0, 0, 20:120:s, 60:220:s].numpy() for s in (1, 2, 4)), titles=("stride 1", "stride 2", "stride 4"))
shares = [kept(stride).mean().item() for stride in (1, 2, 4)]
words = [f"{share:.0f} %" for share in shares]
show_bars(["stride 1", "stride 2", "stride 4"], shares, "How much of a field's strongest response is seen", "%", text=words)

# %% [markdown]
# > **Takeaway.** A large stride in the first layer is cheap, and throws fine patterns away. ZFNet sees four times as many places, and pays for it by a stride of 2 one layer later.

# %% [markdown]
# ## 3 · VGG: one block, again and again
#
# AlexNet's table has a surprise in every row. VGG's has none: all convolutions are 3×3 with padding 1, all poolings 2×2, and the filters double when the maps shrink, up to 512. (Half as high and half as wide is a quarter of the places; twice the channels in and out is four times the weights: each layer costs the same.) What is left to choose is depth.
#
# Why 3×3? Because a stack of them sees as much as a large one:

# %%
show_receptive_field([(3, 1), (3, 1), (3, 1)])

# %% [markdown]
# **Predict.** Three convolutions 3×3 against one of 7×7, all from C to C channels, no biases. How many weights has each? How many ReLUs? And how many layers of 3×3 see 11×11 pixels?
#
# <details><summary>Answer</summary>
#
# 3 · (3² C²) = 27 C² against 7² C² = 49 C²: 45 % fewer, and as many fewer operations, since each weight is used once for every place. Three ReLUs against one: what is computed bends more often. Each further 3×3 adds two pixels: five layers see 11.
# </details>

# %% [markdown]
# **Exercise `nets.vgg.vgg_block`** · 20 points · difficulty ●●○○○ · 20 minutes · in `cnnlib/nets/vgg.py`

# %% check="nets.vgg.vgg_block"
check("nets.vgg.vgg_block")

# %% [markdown]
# ### Experiment: the receptive field, measured
#
# Autograd knows who sees whom: the slope of one output by all pixels is zero where it does not see. One place of your block, before its pooling; 64 draws of the weights, so that no ReLU hides anything.

# %%
def sees(make, size=21):
    """Mean size of the slope of the middle output by each pixel."""
    total = torch.zeros(size, size)
    for seed in range(64):
        torch.manual_seed(seed)
        image = torch.rand(1, 1, size, size, requires_grad=True)
        make()(image)[0, :, size // 2, size // 2].sum().backward()
        total += image.grad[0, 0].abs()
    return (total / 64).numpy()


with waits_for("nets.vgg.vgg_block"):
    stacks = {f"{n} × 3×3": (lambda n=n: nn.Sequential(*list(vgg.vgg_block(1, 8, n))[:-1])) for n in (1, 2, 3)}
    stacks["one 7×7"] = lambda: nn.Sequential(nn.Conv2d(1, 8, 7, padding=3), nn.ReLU())
    fields = {name: sees(make) for name, make in stacks.items()}
    show_images(*fields.values(), titles=list(fields))
    for name, field in fields.items():
        rows = np.flatnonzero(field.any(axis=1))
        inner = 100 * field[9:12, 9:12].sum() / field.sum()
        print(f"{name:8} sees {rows[-1] - rows[0] + 1} × {rows[-1] - rows[0] + 1} pixels; {inner:.0f} % of the slope lies in the middle 3 × 3")

# %% [markdown]
# The stack sees 7×7 pixels, but not evenly: there are many ways to the middle and one to a corner. "The same receptive field" says how far a unit *can* see.
#
# ### Experiment: three 3×3 against one 7×7
#
# The claim, tested as pairs: clothes of 28×28 pixels, 2,000 to learn from and 1,000 to test with; your block with one convolution, then three 3×3 *or* one 7×7 between 8 channels, pooling, one fully connected layer. Each seed gives both networks the same batches and draws their weights by the same rule (He, 05); Adam with a cosine schedule, the same for both.

# %%
clothes = load("fashion_small")


def prepared(images):
    return torch.from_numpy(images).float() / 255 - 0.3


def he(model):
    """He initialisation, for all convolutions."""
    for convolution in (part for part in model.modules() if isinstance(part, nn.Conv2d)):
        nn.init.kaiming_normal_(convolution.weight, nonlinearity="relu")
        nn.init.zeros_(convolution.bias)
    return model


def learn(make, seed, data, epochs, rate=2e-3, batch=64):
    """% wrong on the test images, after so many epochs."""
    torch.manual_seed(seed)
    model, order = he(make()).to(device), torch.Generator().manual_seed(seed)
    images, labels, tests, answers = (tensor.to(device) for tensor in data)
    optimizer = torch.optim.Adam(model.parameters(), lr=rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    for _ in range(epochs):
        for chosen in torch.randperm(len(images), generator=order).to(device).split(batch):
            loss = F.cross_entropy(model(images[chosen]), labels[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        schedule.step()
    with torch.no_grad():
        wrong = sum((model(some).argmax(1) != right).sum().item() for some, right in zip(tests.split(500), answers.split(500)))
    return 100 * wrong / len(tests)


def compare(nets, data, epochs, seeds):
    """{name: (seeds,) array}: every network with every seed."""
    steps = [(name, seed) for seed in range(seeds) for name in nets]
    found = {name: [] for name in nets}
    for name, seed in progress(steps, "runs"):
        found[name].append(learn(nets[name], seed, data, epochs))
    return {name: np.array(values) for name, values in found.items()}


def told(runs, one, other):
    """The difference of paired runs in words, with its standard error."""
    apart = runs[one] - runs[other]
    return f"{one} minus {other}: {apart.mean():+.2f} ± {apart.std(ddof=1) / np.sqrt(len(apart)):.2f} points (standard error of {len(apart)} pairs)"


data = [prepared(clothes.train_images), torch.from_numpy(clothes.train_labels), prepared(clothes.test_images), torch.from_numpy(clothes.test_labels)]
with waits_for("nets.vgg.vgg_block"):
    middles = {
        "three 3×3": lambda: vgg.vgg_block(8, 8, 3),
        "one 7×7": lambda: nn.Sequential(nn.Conv2d(8, 8, 7, padding=3), nn.ReLU(), nn.MaxPool2d(2)),
    }
    def around(middle):
        return lambda: nn.Sequential(vgg.vgg_block(1, 8, 1), middle(), nn.Flatten(), nn.Linear(8 * 7 * 7, 10))

    pairs = {name: around(middle) for name, middle in middles.items()}
    runs = compare(pairs, data, 6, 5)
    show_run_bars(runs, "Clothes, % wrong on 1,000 test images", "% wrong", low=0)
    print(told(runs, "three 3×3", "one 7×7"))

# %% [markdown]
# When this was written, three 3×3 gave 19.8 ± 1.1 % and one 7×7 19.9 ± 0.4 % (five seeds, six epochs): a difference of −0.2 ± 0.6 points, which is none. So with 45 % fewer weights and operations in that place, nothing was lost; and nothing was won either, on two thousand small images. A single pair would have told you anything from −1.8 to +1.3.
#
# > **Takeaway.** Three 3×3 see as far as one 7×7, for 27 C² weights in place of 49 C², and bend three times. Small filters are a saving first; whether they also err less has to be measured, in pairs.

# %% [markdown]
# ## 4 · VGG, the whole network
#
# Five blocks, then AlexNet's three fully connected layers:
#
# | | VGG-11 | VGG-13 | VGG-16 | VGG-19 |
# |---|---|---|---|---|
# | convolutions in blocks 1 to 5 | 1, 1, 2, 2, 2 | 2, 2, 2, 2, 2 | 2, 2, 3, 3, 3 | 2, 2, 4, 4, 4 |
# | parameters (paper: 133, 133, 138, 144 million) | 132,863,336 | 133,047,848 | 138,357,544 | 143,667,240 |
#
# Top-5 error in 2014: 7.3 %, second to GoogLeNet's 6.7 % (11). The paper has no batch norm. A bad start can stall so deep a network, so its authors trained VGG-11 first and began the others with its layers; afterwards they found that Xavier's rule (05) does without (section 3.1). Batch norm between convolution and ReLU, an option here, helps as well.
#
# **Predict.** VGG-16 has 138 million parameters. Which single layer holds most of them, and what share? And where is most of the work?
#
# <details><summary>Answer</summary>
#
# The first fully connected layer: 25088 · 4096 + 4096 = 102.8 million, 74 %. All convolutions together have 14.7 million, and do 15.3 of 15.5 billion operations.
# </details>

# %% [markdown]
# The check hands in a block of its own for most of what it asks, so that a slip in yours costs nothing here; the last aspect builds the published network from yours.
#
# **Exercise `nets.vgg.VGG`** · 28 points · difficulty ●●●○○ · 35 minutes · in `cnnlib/nets/vgg.py`

# %% check="nets.vgg.VGG"
check("nets.vgg.VGG")

# %% [markdown]
# ### Experiment: three years in three pictures

# %%
with waits_for("nets.alexnet.AlexNet", "nets.zfnet.ZFNet", "nets.vgg.VGG", "nets.vgg.vgg_block"):
    nets = {"AlexNet": alexnet.AlexNet, "ZFNet": lambda: zfnet.ZFNet(wide=False), "ZFNet, wide": zfnet.ZFNet}
    nets |= {f"VGG-{depth}": (lambda depth=depth: vgg.VGG(depth)) for depth in (11, 16, 19)}
    bills = {name: bill(make) for name, make in nets.items()}
    for column, title, unit, size in ((2, "Parameters", "million", 1e6), (3, "Operations for one image of 224×224", "billion", 1e9)):
        sums = [sum(row[column] for row in rows) / size for rows in bills.values()]
        shares = [sum(row[column] for row in rows if row[0] == "Conv2d") / size / total for rows, total in zip(bills.values(), sums)]
        show_bars(list(bills), sums, title, unit, text=[f"{total:.3g}\n{share:.0%} conv" for total, share in zip(sums, shares)])
    held = [4 * sum(np.prod(row[1]) for row in rows) / 1e6 for rows in bills.values()]
    show_bars(list(bills), held, "Memory for what these layers give, one image in float32", "MB", text=[f"{size:.1f}" for size in held])

# %% [markdown]
# The third picture is the bill that one forgets. Training keeps what every layer gives, for each image of a batch, until the gradient has come back: 54 MB of VGG-16 against 2.6 MB of AlexNet (650,000 units, as its paper counts). One of the lectures has 48.6 and 1.9 MB: other versions, counted in another way, and much the same ratio.

# %% [markdown]
# ### Experiment: deep and narrow, or shallow and wide?
#
# VGG's authors compared as well: each pair of 3×3 in VGG-13 replaced by one 5×5, which sees as far. The shallow network's top-1 error was 7 points higher. (Section 4.1; one look at the middle of each image.) Here is the question at a size that you can pay, and fair in one respect: **equal operations**. All convolutions are 3×3, in a block of yours between the same first block and a last layer: one of 60 filters, two of 18, or five of 10.

# %%
with waits_for("nets.vgg.vgg_block"):
    def between(width, convolutions):
        return nn.Sequential(vgg.vgg_block(1, 8, 1), vgg.vgg_block(8, width, convolutions), nn.Flatten(), nn.Linear(width * 7 * 7, 10))

    shapes = {"1 of 60": (60, 1), "2 of 18": (18, 2), "5 of 10": (10, 5)}
    for name, size in shapes.items():
        weights = sum(layer.weight.numel() for layer in between(*size)[1] if isinstance(layer, nn.Conv2d))
        print(f"{name}: {weights:,} weights and {14 * 14 * weights:,} operations in the second block; {size[0] * 490:,} weights in the last layer")
    runs = compare({name: (lambda size=size: between(*size)) for name, size in shapes.items()}, data, 6, 3)
    show_run_bars(runs, "Clothes, % wrong on 1,000 test images", "% wrong", low=0)
    first, *others = runs
    for other in others:
        print(told(runs, other, first))

# %% [markdown]
# When this was written: one convolution of 60 filters 15.0 ± 0.6 %, two of 18 16.7 ± 0.7 %, five of 10 18.7 ± 0.6 % (three seeds, six epochs). The *shallow and wide* one wins, and by far more than the seeds scatter. Is VGG wrong?
#
# No; but "deep and narrow is better" is no law. Look at what was **not** held equal: the wide network hands 2,940 numbers to the last layer, the narrow one 490, and so has six times as many weights there. Six epochs on two thousand images are little, and five plain layers learn more slowly than one.
#
# VGG's own comparison held width, and had two 3×3 against one 5×5: more depth *and* more bends at the same width, with 1.3 million images to fill them. A claim about architectures is a claim about a budget and about data, too.

# %% [markdown]
# ### The same on photographs, if you have time
#
# Set the switch to `True`: three 3×3 against one 7×7 on CIFAR-10, all 50,000 photographs. On two CPU cores that takes hours, on a GPU minutes. (The recipe `three_by_three` of `stride train` asks the same with batch norm and more epochs.)

# %%
LONG = False
if LONG:
    cifar = load("cifar10")
    print(cifar.note)
    photos = [prepared(cifar.train_images), torch.from_numpy(cifar.train_labels), prepared(cifar.test_images), torch.from_numpy(cifar.test_labels)]

    def small_vgg(*blocks):
        return nn.Sequential(vgg.vgg_block(3, 32, 1), *blocks, nn.Flatten(), nn.Linear(32 * 4 * 4, 10))

    def large(channels):
        return nn.Sequential(nn.Conv2d(channels, channels, 7, padding=3), nn.ReLU(), nn.MaxPool2d(2))

    nets = {
        "three 3×3": lambda: small_vgg(vgg.vgg_block(32, 32, 3), vgg.vgg_block(32, 32, 3)),
        "one 7×7": lambda: small_vgg(large(32), large(32)),
    }
    runs = compare(nets, photos, 15, 3)
    show_run_bars(runs, f"CIFAR-10, % wrong on 10,000 test images\n{cifar.note}", "% wrong", low=0)
    print(told(runs, "three 3×3", "one 7×7"))

# %% [markdown]
# > **Takeaway.** VGG is one idea, repeated: small filters, equal blocks, more depth. Depth pays where data and training can fill it; measure before you believe. It made networks easy to describe, and heavy: twenty times AlexNet's work, and three quarters of its parameters in one layer. Both are what 11 begins with.

# %% [markdown]
# ## 5 · In your own words
#
# **Written question** · 8 points · about half a page, marked by a person
#
# A camera for a nature reserve has to tell forty kinds of birds, on a chip with memory for 5 million parameters. A colleague wants to use VGG-16 "with the middle taken out": three convolutional layers of 7×7 with 512 filters each in place of all thirteen, and AlexNet's fully connected layers behind them, "since depth only costs time".
#
# Judge the plan. Work out its parameters and say what breaks the budget (there is more than one thing). Compare it with stacks of 3×3 of the same receptive field, in weights, work and what can be computed. Then propose a change that fits the budget, and describe the experiment by which you would convince the colleague: what is held equal, what is repeated, what would change your mind.
#
# | marked | points |
# |---|---|
# | counts parameters rightly, and names both what the convolutions and what the fully connected layers cost | 3 |
# | compares with stacks of 3×3: receptive field, weights and operations, ReLUs | 2 |
# | a proposal that fits the budget, with its numbers | 1 |
# | an experiment: equal in what, how many seeds, pairs, and which result would speak against it | 2 |

# %% [markdown] written="10-written"
# *Write your answer here, in place of this line.*

# %% [markdown]
# ## What you can do now
#
# - Read an architecture out of a paper, check its sizes, and find its slips.
# - Build AlexNet, ZFNet and VGG to the last parameter, at any width.
# - Say where parameters and work of a network lie.
# - Compare two designs fairly: in pairs, over seeds, at equal cost.
#
# **Next:** 11, which makes VGG-16's work ten times smaller and its depth ten times larger: GoogLeNet and ResNet.
#
# **Further reading**
#
# - Krizhevsky, Sutskever, Hinton 2012, "ImageNet classification with deep convolutional neural networks": eight pages, sections 3 to 5.
# - Zeiler, Fergus 2014, "Visualizing and understanding convolutional networks", sections 3 and 4.
# - Simonyan, Zisserman 2015, "Very deep convolutional networks for large-scale image recognition": section 2.3 argues for 3×3, section 4 measures.
