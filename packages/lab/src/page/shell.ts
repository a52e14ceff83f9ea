/**
 * Whether the page is a workbench as high as the window, or panes below each other that scroll. The class `shell` of
 * the document says so to the styles.
 */
export function watchShell(embed: boolean): void {
  const room = embed ? "(min-width: 44rem) and (min-height: 28rem)" : "(min-width: 62rem) and (min-height: 36rem)";
  const media = matchMedia(room);
  const set = (): void => {
    document.documentElement.classList.toggle("shell", media.matches);
  };
  document.documentElement.classList.toggle("embed", embed);
  media.addEventListener("change", set);
  set();
}
