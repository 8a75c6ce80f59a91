"""Northwind Cloud, a company that does not exist: who its customers are and what happens to them.

Truth: a relation planted on purpose, which the product has to find again; all of them stand in truth.py.
"""
