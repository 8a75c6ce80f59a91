from django import forms


class Search(forms.Form):
    q = forms.CharField(required=False, max_length=200)
