"""Checks of cnnlib/nets/resnet.py."""

from autograder.checks.nets.resnet.basic import BasicBlock
from autograder.checks.nets.resnet.bottleneck import Bottleneck
from autograder.checks.nets.resnet.cifar import CifarResNet
from autograder.checks.nets.resnet.imagenet import ResNet
from autograder.checks.nets.resnet.preact import PreActBlock

EXERCISES = (BasicBlock, Bottleneck, PreActBlock, ResNet, CifarResNet)
