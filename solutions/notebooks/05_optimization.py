# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 05 · Optimization

# %% [markdown]
# ## 1 · How large a step?

# %% [markdown]
# ## 2 · Momentum

# %% [markdown]
# ## 3 · Nesterov: look where you are going

# %% [markdown]
# ## 4 · A rate for every number

# %% [markdown]
# ## 5 · Adam

# %% [markdown]
# ## 6 · The rate over time

# %% [markdown]
# ## 7 · Where to begin

# %% [markdown]
# ## 8 · Weight decay

# %% [markdown]
# ## 9 · Stop in time

# %% [markdown]
# ## 10 · Searching for good settings

# %% [markdown]
# ## 11 · Everything together

# %% [markdown]
# ## 12 · In your own words

# %% [markdown]
# ### Weight decay
