# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 06 · Normalization
#
# ## 1 · Numbers that drift
#
# ## 2 · Normalize, then scale and shift
#
# ## 3 · Training and use
#
# ## 4 · Backwards through the batch
#
# ## 5 · Images: one mean for each channel
#
# ## 6 · A network with batch norm
#
# ## 7 · Fold it away
#
# ## 8 · What it brings
#
# ## 9 · One example at a time: layer norm
#
# ## 10 · Groups of channels
#
# ## 11 · How large a batch?
#
# ## 12 · Why does it work?
#
# ## 13 · What AlexNet did: local response normalization
#
# ## 14 · In your own words
