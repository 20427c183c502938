"""residual_backward: the gradient takes both ways, and both parts arrive at x."""

from __future__ import annotations

from autograder.checks.residual.common import add, function, past_a_shortcut, past_a_shortcut_of_the_same_shape, past_nothing
from autograder.draw import normal
from autograder.exercise import Aspect, Case, Exercise, Misconception, contract, contract_cases, float64_result
from autograder.oracles import gradients, tensor
from autograder.values import Given


def _backward(dout, x, branch, shortcut=None):
    return gradients(lambda x: add(x, branch, shortcut).relu(), dout, x)[0]


def _with_dout(rng, inputs):
    """The inputs with a random gradient of the output's shape before them."""
    x, branch = inputs["x"], inputs["branch"].parameters
    size = [-(-n // branch.get("stride", 1)) for n in x.shape[2:]]
    channels = len(branch["weights"]) if branch else x.shape[1]
    return {"dout": normal(rng, len(x), channels, *size, dtype=x.dtype)} | inputs


def _with_zeros(rng, inputs):
    """A third of the places are 0 in all channels: there the sum is exactly 0."""
    x = inputs["x"]
    return _with_dout(rng, inputs | {"x": x * (rng.random((len(x), 1, *x.shape[2:])) > 1 / 3)})


def _draw(rng):
    yield Case("identity", _with_dout(rng, past_nothing(rng)))
    yield Case("identity", _with_dout(rng, past_nothing(rng, n=4)))
    yield Case("shortcut", _with_dout(rng, past_a_shortcut(rng)))
    yield Case("shortcut", _with_dout(rng, past_a_shortcut(rng, n=1, stride=1)))
    yield Case("shortcut", _with_dout(rng, past_a_shortcut_of_the_same_shape(rng)))
    yield Case("zero", _with_zeros(rng, past_nothing(rng, n=3)))
    yield Case("zero", _with_zeros(rng, past_a_shortcut(rng)))
    yield from contract_cases(lambda dtype: _with_dout(rng, past_nothing(rng, n=2, dtype=dtype)))
    yield from contract_cases(lambda dtype: _with_dout(rng, past_a_shortcut(rng, dtype=dtype)))
    x = past_nothing(rng, n=2)["x"]
    yield Case("contract", {"dout": normal(rng, *x.shape), "x": x, "branch": Given("handing_on", {})})
    for shortcut in ({}, {"shortcut": Given("locking", {})}):
        yield Case("contract", {"dout": normal(rng, *x.shape), "x": x, "branch": Given("locking", {})} | shortcut)


def _wrong(compute):
    """compute(x, F, S) on tensors is differentiated in place of the right sum; S is None without a shortcut."""

    def backward(dout, x, branch, shortcut=None):
        try:
            return gradients(lambda x: compute(x, function(branch), shortcut and function(shortcut)), dout, x)[0]
        except RuntimeError as error:
            raise ValueError(str(error)) from error

    return backward


def _sum(x, branch, past):
    return branch(x) + (past(x) if past else x)


def _gated(gate, some, others=0):
    """`some` as far as the gate is positive, plus `others` whatever it is: the values are of no concern, only the slopes."""
    return some * (gate.detach() > 0) + others


def _gate_at_x(dout, x, branch, shortcut=None):
    """dout goes back as it came, and what arrives is stopped where the sum (where it has the shape of x) was not positive."""
    dx = gradients(lambda x: add(x, branch, shortcut), dout, x)[0]
    total = add(tensor(x), branch, shortcut).numpy()
    if total.shape != dx.shape:
        raise ValueError("operands could not be broadcast together")
    return dx * (total > 0)


def _shortcut_not_reversed(dout, x, branch, shortcut=None):
    """The gradient of the sum is added to dx as it is, whatever the shortcut did to x."""
    kept = dout * (add(tensor(x), branch, shortcut).numpy() > 0)
    dx = gradients(function(branch), kept, x)[0]
    if dx.shape != kept.shape:
        raise ValueError("operands could not be broadcast together")
    return dx + kept


def _shortcut_and_x(dout, x, branch, shortcut=None):
    if shortcut is None:
        return _backward(dout, x, branch)
    kept = dout * (add(tensor(x), branch, shortcut).numpy() > 0)
    dx = gradients(lambda x: add(x, branch, shortcut), kept, x)[0]
    if dx.shape != kept.shape:
        raise ValueError("operands could not be broadcast together")
    return dx + kept


def _x_added(dout, x, branch, shortcut=None):
    kept = dout * (add(tensor(x), branch, shortcut).numpy() > 0)
    return gradients(function(branch), kept, x)[0] + (x if shortcut is None else gradients(function(shortcut), kept, x)[0])


def _kink_passes(dout, x, branch, shortcut=None):
    kept = dout * (add(tensor(x), branch, shortcut).numpy() >= 0)
    return gradients(lambda x: add(x, branch, shortcut), kept, x)[0]


def _one_way_for_both(dout, x, branch, shortcut=None):
    """The branch's way, and the shortcut's, one behind the other instead of side by side."""
    kept = dout * (add(tensor(x), branch, shortcut).numpy() > 0)
    through = gradients(function(branch), kept, x)[0]
    if shortcut is None:
        return through
    if through.shape != kept.shape:
        raise ValueError("operands could not be broadcast together")
    return gradients(function(shortcut), through, x)[0]


def _overwritten(dout, x, branch, shortcut=None):
    dout *= add(tensor(x), branch, shortcut).numpy() > 0
    return gradients(lambda x: add(x, branch, shortcut), dout, x)[0]


def _forward_left_out(dout, x, branch, shortcut=None):
    return branch.backward(dout) + (dout if shortcut is None else shortcut.backward(dout))


def _sum_in_place(dout, x, branch, shortcut=None):
    """The sum is written into what the branch handed out, which it needs for its own gradient."""
    total = branch.forward(x)
    total += x if shortcut is None else shortcut.forward(x)
    kept = dout * (total > 0)
    return branch.backward(kept) + (kept if shortcut is None else shortcut.backward(kept))


def _gradient_in_place(dout, x, branch, shortcut=None):
    """The second part is added into the array that the branch's backward handed out."""
    total = branch.forward(x) + (x if shortcut is None else shortcut.forward(x))
    kept = dout * (total > 0)
    dx = branch.backward(kept)
    dx += kept if shortcut is None else shortcut.backward(kept)
    return dx


residual_backward = Exercise(
    id="residual.residual_backward",
    title="Two ways back",
    difficulty=3,
    minutes=20,
    aspects=(
        Aspect("identity", 6, "through the branch and past it: both parts arrive at x"),
        Aspect("shortcut", 5, "with a shortcut, the second part goes through that"),
        Aspect("zero", 2, "where the sum is exactly 0, nothing passes"),
        contract(),
    ),
    draw=_draw,
    oracle=_backward,
    returns=("dx",),
    misconceptions=(
        Misconception(
            "skip_forgotten",
            "The gradient comes through the branch alone: what went past it does not come back.",
            "x has two ways into the sum, so dx has two parts: the branch's, plus the gradient of the sum itself (or what the shortcut makes of it).",
            _wrong(lambda x, branch, past: branch(x) * (_sum(x, branch, past).detach() > 0)),
            revisit="08, “Two ways back”",
        ),
        Misconception(
            "branch_forgotten",
            "The gradient comes past the branch alone, not through it.",
            "Add branch.backward of the sum's gradient.",
            _wrong(lambda x, branch, past: _gated(_sum(x, branch, past), past(x) if past else x)),
            revisit="08, “Two ways back”",
        ),
        Misconception(
            "relu_not_reversed",
            "On the way back, the gradient passes the ReLU as if it were not there.",
            "Behind the sum stands a ReLU: where the sum was not positive, nothing of dout comes back, on neither way.",
            _wrong(_sum),
        ),
        Misconception(
            "gate_of_branch",
            "The ReLU is reversed by where the branch was positive.",
            "It saw the sum: what counts is where F(x) + x (or plus the shortcut) was positive.",
            _wrong(lambda x, branch, past: _gated(branch(x), _sum(x, branch, past))),
        ),
        Misconception(
            "gate_of_skip",
            "The ReLU is reversed by where x (or the shortcut's output) was positive.",
            "It saw the sum: what counts is where F(x) + x was positive.",
            _wrong(lambda x, branch, past: _gated(past(x) if past else x, _sum(x, branch, past))),
        ),
        Misconception(
            "gate_on_branch_only",
            "Past the branch, all of dout comes back: the ReLU stopped it on the way through the branch only.",
            "The ReLU comes after the sum, so it is met before the path forks: hand the same stopped gradient to both ways.",
            _wrong(lambda x, branch, past: _gated(_sum(x, branch, past), branch(x), past(x) if past else x)),
            revisit="08, “Two ways back”",
        ),
        Misconception(
            "gate_on_skip_only",
            "Through the branch, all of dout comes back: the ReLU stopped it on the way past the branch only.",
            "The ReLU comes after the sum, so it is met before the path forks: hand the same stopped gradient to both ways.",
            _wrong(lambda x, branch, past: _gated(_sum(x, branch, past), past(x) if past else x, branch(x))),
            revisit="08, “Two ways back”",
        ),
        Misconception(
            "gate_at_x",
            "The ReLU is reversed last, at x, instead of first, at the sum.",
            "Go back in reverse order: ReLU, then the fork.",
            _gate_at_x,
        ),
        Misconception(
            "shortcut_not_reversed",
            "With a shortcut, its part of the gradient was not sent through the shortcut's backward.",
            "Hand the gradient of the sum to shortcut.backward: what comes out has the shape of x again, and is added.",
            _shortcut_not_reversed,
        ),
        Misconception(
            "shortcut_and_x",
            "With a shortcut, the gradient comes past the branch twice: through the shortcut, and as if x had been added as well.",
            "There are two ways: the branch, and the shortcut. Without a shortcut the second is x itself.",
            _shortcut_and_x,
        ),
        Misconception(
            "one_way_for_both",
            "The gradient went through the branch and then through the shortcut, one after the other.",
            "The two ways lie side by side: each gets the gradient of the sum, and what they give is added.",
            _one_way_for_both,
        ),
        Misconception(
            "x_added",
            "x was added instead of its gradient.",
            "The slope of F(x) + x with respect to the x that went past is 1: its part of dx is the gradient of the sum, times 1.",
            _x_added,
            revisit="08, “Two ways back”",
        ),
        Misconception(
            "averaged",
            "The two parts of the gradient were averaged.",
            "A sum hands its gradient to each of its parts undivided.",
            lambda dout, x, branch, shortcut=None: _backward(dout, x, branch, shortcut) / 2,
            revisit="08, “Two ways back”",
        ),
        Misconception(
            "kink_passes",
            "Where the sum is exactly 0, the gradient passes.",
            "The course takes slope 0 there, as PyTorch does: > 0, not >= 0.",
            _kink_passes,
        ),
        Misconception(
            "forward_left_out",
            "The layers' backward was called before their forward.",
            "A layer's gradient belongs to an x that it has seen: call branch.forward(x) and the shortcut's first. The ReLU needs their sum anyway.",
            _forward_left_out,
        ),
        Misconception(
            "sum_in_place",
            "The sum was written into the array that the branch returned; the branch still needs it for its gradient.",
            "total += … changes that array for everyone who holds it. Write total = total + …: that is a new one.",
            _sum_in_place,
        ),
        Misconception(
            "gradient_in_place",
            "The two parts of the gradient were added in an array that a layer's backward returned; that layer may still need it.",
            "dx += … (or dsum += …) changes that array for everyone who holds it. Write dx = dx + …: that is a new one.",
            _gradient_in_place,
        ),
        Misconception(
            "dout_overwritten",
            "dout has been changed.",
            "dout *= … works on the caller's array: write dsum = dout * …, a new one.",
            _overwritten,
        ),
        float64_result(_backward),
    ),
    hints=(
        "Draw the forward pass and turn all arrows round. Where one arrow became two, two become one: what happens to their gradients?",
        "First the ReLU: dout passes where the sum was positive; for that you need the sum once more. What is left goes to both ways, and what "
        "comes out of them is added. Past the branch that is the gradient itself, or what shortcut.backward makes of it.",
        "Run branch.forward(x) (and shortcut.forward(x)): their sum says where dout passes, and the layers are ready. Call the passed gradient dsum. "
        "Return branch.backward(dsum) plus dsum, or plus shortcut.backward(dsum).",
    ),
)
