"""One image at a time: the batch's loss and gradients are averages over batches of one."""

from cnnlib.activations import relu_backward, relu_forward
from cnnlib.linear import linear_backward, linear_forward
from cnnlib.loss import softmax_cross_entropy


def one(parameters, image, label):
    w1, b1, w2, b2 = parameters["w1"], parameters["b1"], parameters["w2"], parameters["b2"]
    before = linear_forward(image, w1, b1)
    loss, dscores = softmax_cross_entropy(linear_forward(relu_forward(before), w2, b2), label)
    dhidden, dw2, db2 = linear_backward(dscores, relu_forward(before), w2, b2)
    _, dw1, db1 = linear_backward(relu_backward(dhidden, before), image, w1, b1)
    return loss, {"b1": db1, "b2": db2, "w1": dw1, "w2": dw2}


def mlp_loss_and_gradients(parameters, images, labels):
    N = len(images)
    loss, gradients = 0, dict.fromkeys(parameters, 0)
    for n in range(N):
        part, more = one(parameters, images[n : n + 1], labels[n : n + 1])
        loss += part / N
        for name in gradients:
            gradients[name] = gradients[name] + more[name] / N
    return loss, gradients
