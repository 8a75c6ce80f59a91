// Behavior of the shell. Every page works without it.
import "./requests.js";
import "./theme.js";
import "./toasts.js";
import "./palette.js";
import "./shortcuts.js";
import "./auto-submit.js";
import "./local-time.js";
import "./copy-text.js";
import "./plot.js";
