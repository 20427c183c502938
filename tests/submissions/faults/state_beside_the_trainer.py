"""
about = "Keeps its state in the module, and hands out its number there and many zeros: it works in this process, and on no other day."
assignment = "13"
file = "cnnlib/trainer.py"
[expect]
"trainer.Trainer" = "failed"
"""

_kept = []


class Trainer(Trainer):  # noqa: F821 - the solution above
    def state_dict(self):
        _kept.append(super().state_dict())
        return {"place": len(_kept) - 1, "zeros": torch.zeros(10_000)}  # noqa: F821

    def load_state_dict(self, state):
        if state["place"] < len(_kept):
            super().load_state_dict(_kept[state["place"]])
