# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 08 · Residual networks
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/stride-course/stride/blob/main/notebooks/08_residual_networks.ipynb)

# %% [markdown]
# ## Set-up

# %% [markdown]
# ## 1 · Deeper, and worse

# %% [markdown]
# ## 2 · Learn the difference

# %% [markdown]
# ## 3 · Two ways back

# %% [markdown]
# ## 4 · The basic block

# %% [markdown]
# ## 5 · The bottleneck

# %% [markdown]
# ## 6 · Keep the way clean

# %% [markdown]
# ## 7 · A small residual network

# %% [markdown]
# ## 8 · Begin as nothing

# %% [markdown]
# ## 9 · Train it

# %% [markdown]
# ## 10 · In your own words

# %% [markdown]
# ## What you can do now

# %% [markdown]
# ## Further reading
