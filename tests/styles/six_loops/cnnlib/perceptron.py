"""Sums and updates one weight at a time, three cases told apart."""


def perceptron_update(w, b, x, target, learning_rate):
    total = b
    for weight, pixel in zip(w, x):
        total += weight * pixel
    fires = total > 0
    w = w.copy()
    if fires and target == 0:
        for i in range(len(w)):
            w[i] -= learning_rate * x[i]
        b -= learning_rate
    elif not fires and target == 1:
        for i in range(len(w)):
            w[i] += learning_rate * x[i]
        b += learning_rate
    return w, b
