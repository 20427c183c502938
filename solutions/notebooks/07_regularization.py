# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 07 · Regularization

# %% [markdown]
# ## Set-up

# %% [markdown]
# ## 1 · Learned by heart

# %% [markdown]
# ## 2 · Dropout

# %% [markdown]
# ### Backwards

# %% [markdown]
# ## 3 · Test time: average out the noise

# %% [markdown]
# ### Classic or inverted

# %% [markdown]
# ## 4 · DropConnect

# %% [markdown]
# ## 5 · One pattern

# %% [markdown]
# ## 6 · Crops and flips

# %% [markdown]
# ## 7 · Sizes

# %% [markdown]
# ## 8 · Light and colour

# %% [markdown]
# ## 9 · Ten looks at test time

# %% [markdown]
# ## 10 · All together

# %% [markdown]
# ## 11 · Every remedy, measured

# %% [markdown]
# ## 12 · In your own words

# %% [markdown]
# ## What you can do now

# %% [markdown]
# ## Further reading
