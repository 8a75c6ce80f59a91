"""Maps out and in.

Document: a map as a value, the open format of this product. Drawing: the document of a journey. Tables,
slides and print sheets are made from documents; spreadsheets and OJF files are read into them.
"""
