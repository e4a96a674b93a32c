// A département pressed on the map of a search presses its button in the table beside it. Without this file the table
// does as well.
document.addEventListener("click", (event) => {
  const shape = event.target.closest("[data-ou]");
  const button = shape && document.querySelector(`button[name="ou"][value="${shape.dataset.ou}"]`);
  if (button) button.form.requestSubmit(button);
});
