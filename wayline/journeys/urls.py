from django.urls import path

from .views import binding, editing, library, map, paths, people

app_name = "journeys"
urlpatterns = [
    path("", library.library, name="library"),
    path("new/", library.new, name="new"),
    path("<int:journey_id>/", map.map, name="map"),
    path("<int:journey_id>/people/", people.people, name="people"),
    path("<int:journey_id>/people.csv", people.export, name="people_export"),
    path("<int:journey_id>/paths/", paths.paths, name="paths"),
    path("<int:journey_id>/edit/", editing.edit, name="edit"),
    path("<int:journey_id>/settings/", editing.describe, name="settings"),
    path("<int:journey_id>/delete/", library.delete, name="delete"),
    path("<int:journey_id>/restore/", library.restore, name="restore"),
    path("<int:journey_id>/phases/add/", editing.add_phase, name="add_phase"),
    path("phases/<int:phase_id>/rename/", editing.rename_phase, name="rename_phase"),
    path("phases/<int:phase_id>/move/", editing.move_phase, name="move_phase"),
    path("phases/<int:phase_id>/delete/", editing.delete_phase, name="delete_phase"),
    path("phases/<int:phase_id>/restore/", editing.restore_phase, name="restore_phase"),
    path("phases/<int:phase_id>/steps/add/", editing.add_step, name="add_step"),
    path("steps/<int:step_id>/rename/", editing.rename_step, name="rename_step"),
    path("steps/<int:step_id>/move/", editing.move_step, name="move_step"),
    path("steps/<int:step_id>/mark/", editing.mark_step, name="mark_step"),
    path("steps/<int:step_id>/delete/", editing.delete_step, name="delete_step"),
    path("steps/<int:step_id>/restore/", editing.restore_step, name="restore_step"),
    path("steps/<int:step_id>/bind/", binding.bind, name="bind"),
    path("steps/<int:step_id>/unbind/", binding.unbind, name="unbind"),
    path("steps/<int:step_id>/touchpoints/add/", editing.add_touchpoint, name="add_touchpoint"),
    path("touchpoints/<int:touchpoint_id>/rename/", editing.rename_touchpoint, name="rename_touchpoint"),
    path("touchpoints/<int:touchpoint_id>/delete/", editing.delete_touchpoint, name="delete_touchpoint"),
    path("touchpoints/<int:touchpoint_id>/restore/", editing.restore_touchpoint, name="restore_touchpoint"),
]
