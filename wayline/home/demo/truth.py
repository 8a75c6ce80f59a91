"""Every truth planted in the demo company, in one place: the generator obeys it, the tests look for it.

Rates are shares of those who could; days ago count back from the moment the company is created.
docs/guide/demo.md says the same in words.
"""

from dataclasses import dataclass

HISTORY_DAYS = 365
CUSTOMERS = 20_000
SMALLEST = 200
SEED = 2026

# What they buy: a subscription, devices from the shop, or both.
LINES = {"cloud": 0.46, "shop": 0.42, "both": 0.12}
PLANS = {"free": 0.45, "pro": 0.38, "business": 0.17}
LANGUAGES = {"en": 0.76, "de": 0.13, "es": 0.11}
REGIONS = {"North": 0.31, "West": 0.27, "South": 0.24, "East": 0.18}
COMPANY_SIZES = {"1": 0.28, "2 to 10": 0.37, "11 to 100": 0.24, "over 100": 0.11}


# Onboarding
# "Setup Completed" (data connected, first report built) and "Activated" (and a teammate invited) are two
# events: those who complete the set-up and never invite anyone are part of the 45 % who are lost.


@dataclass(frozen=True)
class SubStep:
    """A stretch of the set-up: the signal that enters it, the one that leaves it, its share of all losses."""

    key: str
    entered_by: str
    left_by: str
    share_of_losses: float
    passes: float
    passes_with_fix: float


SIGNED_UP = "Signed Up"
WORKSPACE_CREATED = "Workspace Created"
SETUP_COMPLETED = "Setup Completed"
ACTIVATED = "Activated"
ABANDONS_SETUP = 0.45
SUB_STEPS = (
    SubStep("connect-data", "Integration Started", "Data Source Connected", 0.60, 0.73, 0.93),
    SubStep("build-report", "Report Builder Opened", "First Report Built", 0.25, 0.845890, 0.90),
    SubStep("invite-team", "Setup Completed", "Teammate Invited", 0.15, 0.890688, 0.931900),
)
SETUP_COMPLETED_RATE = 0.6175
ONBOARDING_WINDOW_DAYS = 30
ONBOARDING_SLOWEST_DAYS = 26  # nobody who gets through needs longer, so a 30-day window loses nobody


# The fix
# Guided connecting was tried on a random half of the people who signed up in these weeks, then switched off,
# so the last 90 days, and the 90 days before, show the unfixed onboarding unmixed.
@dataclass(frozen=True)
class Fix:
    starts_days_ago: int = 275
    ends_days_ago: int = 190
    trait: str = "pilot"
    treated: str = "guided connecting"
    control: str = "control"
    share_treated: float = 0.5
    activation_before: float = 0.55
    activation_after: float = 0.78


FIX = Fix()

# They wrote about the very thing the fix repairs, before it was repaired; nobody else named this problem.
COMPLAINERS = 12
COMPLAINT_PROBLEM = "connector time-out"
COMPLAINED_BEFORE_DAYS_AGO = 276


# Orders
# Three places say three different things about delivery, and what happens is slower than all of them at P90.
@dataclass(frozen=True)
class Statement:
    source: str
    channel: str
    low_days: int
    high_days: int


SHIPPING_STATEMENTS = (
    Statement("product page", "web", 3, 5),
    Statement("confirmation mail", "email", 7, 10),
    Statement("support reply", "email", 14, 14),
)
DELIVERY_MEDIAN_DAYS = 8.0
DELIVERY_P90_DAYS = 15.5
LATE_AFTER_DAYS = 10
STARS_LATE = 2.5
STARS_PUNCTUAL = 4.3
PAYMENT_FAILS = 0.04
CANCELED_BEFORE_SHIPPING = 0.03
PARCEL_LOST = 0.015
RETURNS = 0.12
RETURNED_IN_STORE = 0.40
STORE_CANNOT_FIND_ORDER = 0.30  # bought online, brought back to a shop that cannot see the order


@dataclass(frozen=True)
class PolicyChange:
    """Since this day every refund by post needs an approval."""

    days_ago: int = 120
    refund_median_days_before: float = 4.0
    refund_median_days_after: float = 9.0


POLICY_CHANGE = PolicyChange()
STORE_REFUND_MEDIAN_DAYS = 1.0


# The desk
FIRST_REPLY_MEDIAN_DAYS = {
    ("sales", "email"): 1.0,
    ("support", "email"): 7.0,
    ("sales", "chat"): 4 / 1440,
    ("support", "chat"): 6 / 1440,
    ("sales", "phone"): 2 / 1440,
    ("support", "phone"): 4 / 1440,
}
# Whoever writes in Spanish waits longer for the same question on the same channel: the planted disparity.
DISPARITY_LANGUAGE = "es"
DISPARITY_TIMES = 1.6
CONTACTED_AGAIN = 0.30  # of contacts, those followed within seven days by another one about the same thing
REPEAT_WITHIN_DAYS = 7


# What people answer
NPS = 24
CSAT_TOP_BOX = 0.76
CES_MEAN = 5.1
SECOND_ADDRESS = 0.05  # of those who write mails, from an address we did not know

# What the company wants to reach: each a little more than it does.
TARGETS = {"nps": 30.0, "csat_top_box": 0.80, "ces_mean": 5.5, "first_contact_resolution": 0.75}


# Faults
# What goes wrong where the signals are sent, and changes no number planted above. A company of fewer than
# FAULTS_FROM customers has none: it sends too little to tell a fault from chance.
@dataclass(frozen=True)
class Fault:
    what: str  # as the quality page calls it
    kind: str
    name: str
    since_days_ago: int
    property_name: str = ""


FAULTS_FROM = 2_000
TYPO_OF, TYPO_SHARE = "Report Viewed", 0.15
JUMP_TIMES = 5
TYPO = Fault("typo", "behavior", "Report Viewd", 12)
SILENCE = Fault("silence", "behavior", "Alert Set", 9)
JUMP = Fault("jump", "page", "Tracking", 1)
DRIFT = Fault("new_type", "operation", "Order Delivered", 6, "days")  # "8.5" became "8,5"
FAULTS = (TYPO, SILENCE, JUMP, DRIFT)

DERIVED_RULE = "repeat_contact"  # the preset that is on from the beginning

# One person has two profiles: they share their name and the part of the e-mail before the @, but nothing by
# which the product joins customers by itself.
TWIN_DOMAIN = "post.example"
