from django.template import Context, Template
from django.test import RequestFactory
from django.utils import timezone

from wayline.kit.tests.shapes import make_change, make_estimate


def render(source: str, **context) -> str:
    return Template(source).render(Context(context))


def test_an_estimate_says_its_interval_n_and_method():
    html = render('{% estimate e unit="%" %}', e=make_estimate())

    assert 'title="95% interval 65 to 71%, n 2\u202f210; Wilson"' in html
    assert '68<span class="unit">%</span>' in html
    assert "(95% interval 65 to 71%, n 2\u202f210)" in html


def test_what_stands_beside_an_estimate_is_heard_once():
    e = make_estimate(n=22, is_thin=True)

    heard = {
        beside: render('{% estimate e unit="%" beside=beside %}', e=e, beside=beside).partition("vh")[2]
        for beside in ("", "n", "interval n", "interval n thin")
    }

    assert {beside: words[2:].partition("<")[0] for beside, words in heard.items()} == {
        "": " (95% interval 65 to 71%, n 22, too few to say)",
        "n": " (95% interval 65 to 71%, too few to say)",
        "interval n": " (too few to say)",
        "interval n thin": "",
    }
    assert render('{% interval e unit="%" %}', e=e) == '<span class="vh">95% interval </span>65 to 71%'
    assert render('{% interval e unit="%" is_headed=True %}', e=e) == "65 to 71%"
    assert 'aria-hidden="true" title="68%' in render('{% whisker e unit="%" is_spoken=False %}', e=e)


def test_a_day_says_its_year_unless_it_is_this_one():
    now = timezone.now()

    assert render("{{ at|day }}", at=now.replace(month=9, day=5)) == "5 Sep"
    assert render("{{ at|day }}", at=now.replace(year=2018, month=9, day=5)) == "5 Sep 2018"


def test_an_estimate_of_nothing_says_so():
    html = render("{% estimate e %}", e=make_estimate(None, None, None, 0))

    assert "nothing to say yet" in html
    assert "–" in html


def test_thin_evidence_is_grey_and_says_too_few():
    html = render('{% estimate e unit="%" %}', e=make_estimate(n=22, is_thin=True))

    assert 'class="est num thin"' in html
    assert "too few to say" in html


def test_a_duration_is_written_out():
    assert "3 h 20 min" in render('{% estimate e unit="seconds" %}', e=make_estimate(12_000, 11_000, 13_000))


def test_a_whisker_places_target_interval_before_and_now_in_percent():
    html = render(
        '{% whisker e low=50 high=100 change=c target=0.8 label="CSAT" unit="%" %}',
        e=make_estimate(0.75, 0.7, 0.8, 400),
        c=make_change(before=make_estimate(0.6, 0.55, 0.65, 380)),
    )

    assert '<i class="tg" style="left:60.0%"></i>' in html
    assert '<i class="ci" style="left:40.0%;width:20.0%"></i>' in html
    assert '<i class="pv" style="left:20.0%"></i>' in html
    assert '<i class="pt" style="left:50.0%"></i>' in html
    assert 'aria-label="CSAT: 75%, 95% interval 70 to 80%, n 400, target 80%, before 60%"' in html


def test_a_whisker_of_thin_evidence_is_marked():
    assert 'class="wk thin"' in render('{% whisker e unit="%" %}', e=make_estimate(n=12, is_thin=True))


def test_a_whisker_never_leaves_its_axis():
    html = render("{% whisker e low=0 high=10 %}", e=make_estimate(12, -3, 14))

    assert "left:0.0%;width:100.0%" in html
    assert '<i class="pt" style="left:100.0%"></i>' in html


def test_a_real_change_takes_color_by_which_way_is_better():
    better = render('{% change c direction="up" unit="%" %}', c=make_change())
    worse = render('{% change c direction="down" unit="%" %}', c=make_change())
    neither = render('{% change c direction="neither" unit="%" %}', c=make_change())

    assert 'class="delta up"' in better
    assert "better" in better
    assert 'class="delta down"' in worse
    assert "worse" in worse
    assert 'class="delta "' in neither
    assert "#arrow-up" in worse


def test_a_change_within_noise_stays_grey_and_says_so():
    html = render("{% change c %}", c=make_change(-4, -11, 3, "within noise"))

    assert 'class="delta "' in html
    assert '<span class="verdict">within noise</span>' in html
    assert "difference −11 to +3 (95% interval)" in html


def test_a_change_from_too_few_has_no_arrow():
    html = render("{% change c %}", c=make_change(verdict="too few to say"))

    assert "too few to say" in html
    assert "arrow" not in html


def test_no_change_draws_nothing():
    assert render("{% change c %}", c=None) == ""


def test_an_icon_speaks_only_when_it_has_a_label():
    assert 'aria-hidden="true"' in render('{% icon "map" %}')
    assert 'role="img" aria-label="Journeys"' in render('{% icon "map" "Journeys" %}')


def test_a_label_cannot_break_out_of_its_tag():
    html = render("{% whisker e label=label %}", e=make_estimate(), label='"><script>')

    assert "<script>" not in html


def test_the_query_string_is_kept_and_changed():
    request = RequestFactory().get("/", {"q": "bill", "page": "2"})

    assert render("{% query page=3 %}", request=request) == "?q=bill&amp;page=3"
    assert render("{% query page=None q=None %}", request=request) == "?"


def test_a_link_back_leads_only_to_our_own_pages():
    request = RequestFactory().get("/")
    source = '{{ address|own_address:request|default:"/" }}'

    assert render(source, request=request, address="http://testserver/acme/") == "http://testserver/acme/"
    assert render(source, request=request, address="https://elsewhere.test/") == "/"


def test_a_change_says_which_side_has_too_few():
    few = make_change(verdict="too few to say", before=make_estimate(n=12, is_thin=True))
    none = make_change(verdict="too few to say", before=make_estimate(None, None, None, 0))

    assert "too few to say, n 12 before" in render("{% change c %}", c=few)
    assert "too few to say, n 12 of the others" in render('{% change c other="of the others" %}', c=few)
    assert "too few to say, nothing before" in render("{% change c %}", c=none)
