"""From solutions/ to stubs, notebooks and the learners' copy, and the proof that the course is sound."""
