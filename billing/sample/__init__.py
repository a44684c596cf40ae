"""The sample data: three providers with fifteen months of history, made through the same gate and the same actions as real data.

`load` begins; the cast and the clients are plain tables, so that what a newcomer sees can be read there.
"""
