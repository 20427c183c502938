"""Update rules: how a parameter moves when its gradient is known.

Everywhere: w is one parameter, an array of any shape, and grad its gradient, of the same shape. `state` is what a rule remembers
between its steps: a dictionary, {} before the first step. What stands in it is the function's own business: put in what you
need, under names that you choose. Every step returns the new w and a new dictionary, which the caller hands to the next step
of the same parameter; w, grad and the old state stay as they are. The results have the dtype of w.
"""

import numpy as np


def sgd_step(w, grad, state, learning_rate, weight_decay=0.0):
    """Gradient descent: against the gradient, and, with weight decay, a little towards zero.

    w              array of any shape: the parameter
    grad           same shape: gradient of the loss with respect to w
    state          dict: nothing needs to be remembered here; it is there so that all rules are called alike
    learning_rate  float
    weight_decay   float: the weight of the penalty weight_decay/2 * sum(w**2), which adds weight_decay * w to the gradient
    returns        w, same shape and dtype, and state, a dict

        w <- w - learning_rate * (grad + weight_decay * w)

    The arguments are not modified.
    Source: Goodfellow, Bengio, Courville 2016, "Deep Learning", sections 7.1.1 and 8.3.1; torch.optim.SGD.
    """
    ### BEGIN SOLUTION
    return w - learning_rate * (grad + weight_decay * w), {}
    ### END SOLUTION


def momentum_step(w, grad, state, learning_rate, momentum=0.9, weight_decay=0.0):
    """Gradient descent with momentum: a velocity collects the gradients, and the parameter moves by the velocity.

    w              array of any shape: the parameter
    grad           same shape: gradient of the loss with respect to w
    state          dict that the step before returned, {} at the first: then the velocity is zero
    learning_rate  float: may be another one at every step
    momentum       float: how much of its velocity the parameter keeps
    weight_decay   float: adds weight_decay * w to the gradient, before the velocity sees it
    returns        w, same shape and dtype, and state, a new dict

        v <- momentum * v - learning_rate * (grad + weight_decay * w)
        w <- w + v

    The learning rate is inside the velocity. torch.optim.SGD keeps it outside (v <- momentum * v + grad; w <- w - learning_rate * v):
    the same as long as the rate stays what it is, and another path after a change. The arguments are not modified.
    Source: Goodfellow, Bengio, Courville 2016, "Deep Learning", algorithm 8.2.
    """
    ### BEGIN SOLUTION
    velocity = momentum * state.get("velocity", 0.0) - learning_rate * (grad + weight_decay * w)
    return w + velocity, {"velocity": velocity}
    ### END SOLUTION


def nesterov_step(w, gradient, state, learning_rate, momentum=0.9):
    """Nesterov's momentum: as momentum, but the gradient is asked for where the velocity is about to lead.

    w              array of any shape: the parameter
    gradient       function: gradient(somewhere) is the gradient of the loss if the parameter were `somewhere`, an array of w's shape
    state          dict that the step before returned, {} at the first: then the velocity is zero
    learning_rate  float: may be another one at every step
    momentum       float: how much of its velocity the parameter keeps
    returns        w, same shape and dtype, and state, a new dict

        v <- momentum * v - learning_rate * gradient(w + momentum * v)
        w <- w + v

    The v inside gradient(...) is the old one. One call of gradient is enough. torch.optim.SGD(nesterov=True) rewrites the rule
    so that it needs the gradient at its own parameters only: those are the places w + momentum * v. The arguments are not modified.
    Source: Sutskever, Martens, Dahl, Hinton 2013, "On the importance of initialization and momentum in deep learning", equations 3 and 4.
    """
    ### BEGIN SOLUTION
    velocity = momentum * state.get("velocity", np.zeros_like(w))
    velocity = velocity - learning_rate * gradient(w + velocity)
    return w + velocity, {"velocity": velocity}
    ### END SOLUTION


def adagrad_step(w, grad, state, learning_rate, eps=1e-8):
    """AdaGrad: every number of the parameter has a rate of its own, smaller the more gradient it has seen.

    w              array of any shape: the parameter
    grad           same shape: gradient of the loss with respect to w
    state          dict that the step before returned, {} at the first: then r is zero
    learning_rate  float
    eps            float, outside the root: keeps the quotient finite
    returns        w, same shape and dtype, and state, a new dict

        r <- r + grad * grad                                      element by element, as all that follows
        w <- w - learning_rate * grad / (eps + sqrt(r))

    The arguments are not modified.
    Source: Goodfellow, Bengio, Courville 2016, "Deep Learning", algorithm 8.4; torch.optim.Adagrad.
    """
    ### BEGIN SOLUTION
    r = state.get("r", 0.0) + grad * grad
    return w - learning_rate * grad / (eps + np.sqrt(r)), {"r": r}
    ### END SOLUTION


def rmsprop_step(w, grad, state, learning_rate, decay=0.9, eps=1e-8):
    """RMSProp: as AdaGrad, but old gradients are forgotten: a running average takes the place of the sum.

    w              array of any shape: the parameter
    grad           same shape: gradient of the loss with respect to w
    state          dict that the step before returned, {} at the first: then r is zero
    learning_rate  float
    decay          float: how much of the average is kept; the new square weighs 1 - decay
    eps            float, outside the root
    returns        w, same shape and dtype, and state, a new dict

        r <- decay * r + (1 - decay) * grad * grad
        w <- w - learning_rate * grad / (eps + sqrt(r))

    r is not corrected for its start at zero. torch.optim.RMSprop calls decay alpha and sets it to 0.99; TensorFlow has eps
    inside the root. The arguments are not modified.
    Source: Tieleman and Hinton 2012, "Neural networks for machine learning", lecture 6.5.
    """
    ### BEGIN SOLUTION
    r = decay * state.get("r", 0.0) + (1 - decay) * grad * grad
    return w - learning_rate * grad / (eps + np.sqrt(r)), {"r": r}
    ### END SOLUTION


def adam_step(w, grad, state, learning_rate, beta1=0.9, beta2=0.999, eps=1e-8):
    """Adam: running averages of the gradient and of its square, both corrected for their start at zero.

    w              array of any shape: the parameter
    grad           same shape: gradient of the loss with respect to w
    state          dict that the step before returned, {} at the first: then s and r are zero, and t, the number of steps, too
    learning_rate  float
    beta1, beta2   floats: how much of s and of r is kept
    eps            float, outside the root
    returns        w, same shape and dtype, and state, a new dict

        t <- t + 1                                                1 at the first step
        s <- beta1 * s + (1 - beta1) * grad
        r <- beta2 * r + (1 - beta2) * grad * grad
        w <- w - learning_rate * s_hat / (sqrt(r_hat) + eps)      with s_hat = s / (1 - beta1**t), r_hat = r / (1 - beta2**t)

    s and r are remembered as they are: the corrected ones serve this step only. The paper calls them m and v.
    The arguments are not modified.
    Source: Kingma and Ba 2015, "Adam: a method for stochastic optimization", algorithm 1; torch.optim.Adam.
    """
    ### BEGIN SOLUTION
    t = state.get("t", 0) + 1
    s = beta1 * state.get("s", 0.0) + (1 - beta1) * grad
    r = beta2 * state.get("r", 0.0) + (1 - beta2) * grad * grad
    s_hat, r_hat = s / (1 - beta1**t), r / (1 - beta2**t)
    return w - learning_rate * s_hat / (np.sqrt(r_hat) + eps), {"t": t, "s": s, "r": r}
    ### END SOLUTION
