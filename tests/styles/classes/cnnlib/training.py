"""Both passes around one helper, with torch's own sums."""

import torch


def _sums(model, loader, loss_function, after):
    sums = torch.zeros(3, dtype=torch.float64)
    here = next(model.parameters())
    for batch in loader:
        images, labels = batch[0].to(here), batch[1].to(device=here.device, non_blocking=True)
        scores = model(images)
        loss = loss_function(scores, labels)
        after(loss)
        sums += torch.tensor([len(labels), len(labels) * float(loss), float((scores.topk(1).indices[:, 0] != labels).sum())])
    count, total, wrong = sums.tolist()
    return total / count, wrong / count


def train_one_epoch(model, loader, optimizer, loss_function):
    def learn(loss):
        loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=False)

    optimizer.zero_grad()
    return _sums(model.train(), loader, loss_function, learn)


@torch.inference_mode()
def evaluate(model, loader, loss_function):
    before = model.training
    try:
        return _sums(model.eval(), loader, loss_function, lambda loss: None)
    finally:
        model.train(before)
