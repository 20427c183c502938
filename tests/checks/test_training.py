"""The checks of cnnlib/training.py."""

from __future__ import annotations

import torch

from autograder import check
from autograder.checks.training import passing
from tests.checks.common import proofs

TestProofs = proofs("training")


def test_a_loss_that_keeps_its_graph_is_refused() -> None:
    def evaluate(model, loader, loss_function):
        model.eval()
        losses = [loss_function(model(images), labels) for images, labels in loader]
        return sum(losses) / len(losses), 0.0

    assert "keeps all that its gradient needs (take .item())" in str(check("training.evaluate", evaluate, seed=1))


def test_a_tensor_without_a_graph_costs_the_points_for_that_number_alone() -> None:
    right = passing(learns=False)

    def evaluate(**inputs):
        loss, error = right(**inputs)
        return torch.tensor(loss), error

    verdict = check("training.evaluate", evaluate, seed=1)
    assert "a tensor: take .item()" in str(verdict)
    assert {aspect.name for aspect in verdict.aspects if not aspect.passed} == {"mean loss", "mode", "device"}


def test_a_loader_may_be_looped_over_by_any_means() -> None:
    """Other correct ways: sums of losses instead of means, tensors for sums, gradients set to None by hand."""

    def train_one_epoch(model, loader, optimizer, loss_function):
        model.train()
        losses, wrong, device = [], [], str(next(model.parameters()).device)
        for images, labels in iter(loader):
            images, labels = images.to(device), labels.to(device)
            for parameter in model.parameters():
                parameter.grad = None
            scores = model(images)
            loss = loss_function(scores, labels)
            loss.backward()
            optimizer.step()
            losses.append(loss.detach().expand(len(images)))
            wrong.append(scores.detach().max(dim=1).indices.ne(labels))
        return torch.cat(losses).mean().item(), torch.cat(wrong).double().mean().item()

    verdict = check("training.train_one_epoch", train_one_epoch, seed=1)
    assert verdict.passed, str(verdict)


def test_labels_that_are_not_moved_are_told_as_torch_would() -> None:
    def evaluate(model, loader, loss_function):
        training, total, wrong, count = model.training, 0.0, 0, 0
        model.eval()
        with torch.no_grad():
            for images, labels in loader:
                scores = model(images.to(next(model.parameters()).device))
                total += loss_function(scores, labels).item() * len(labels)
                wrong += (scores.argmax(1) != labels).sum().item()
                count += labels.shape[0]
        model.train(training)
        return total / count, wrong / count

    verdict = check("training.evaluate", evaluate, seed=1)
    assert "Expected all tensors to be on the same device" in str(verdict)
    assert [aspect.name for aspect in verdict.aspects if not aspect.passed] == ["device"]
