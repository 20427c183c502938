"""Gradients cleared after each step; in evaluation all scores are kept, and one loss taken in the end."""

import torch


def train_one_epoch(model, loader, optimizer, loss_function):
    device = next(model.parameters()).device
    model.train(True)
    model.zero_grad()
    losses, wrong, sizes = 0.0, 0, 0
    for batch in loader:
        images, labels = (part.to(device) for part in batch)
        outputs = model(images)
        loss = loss_function(outputs, labels)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=False)
        _, predicted = torch.max(outputs.data, 1)
        wrong += images.size(0) - predicted.eq(labels.view_as(predicted)).sum().item()
        losses += loss.item() * images.size(0)
        sizes += images.size(0)
    return losses / sizes, wrong / sizes


@torch.inference_mode()
def evaluate(model, loader, loss_function):
    device, was = next(model.parameters()).device, {module: module.training for module in model.modules()}
    model.eval()
    scores, labels = zip(*((model(images.to(device)), labels.to(device)) for images, labels in loader))
    scores, labels = torch.cat(scores), torch.cat(labels)
    for module, mode in was.items():
        module.training = mode
    return loss_function(scores, labels).item(), 1 - (scores.argmax(1) == labels).float().mean().item()
