// <form data-auto-submit>: a changed filter asks at once; without scripts the form's own button does.
document.addEventListener("change", (event) => {
  const form = event.target.form;
  if (form && "autoSubmit" in form.dataset) form.requestSubmit();
});
