from django import template

from wayline.journeys import leaves

register = template.Library()
register.simple_tag(leaves.draw, name="leaves")
register.simple_tag(leaves.said_of)
register.simple_tag(leaves.how_it_goes)
register.simple_tag(leaves.together)
