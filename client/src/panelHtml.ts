/** The page around the panel's script: nothing may be loaded but that script and that style sheet. Knows no editor. */

export interface PanelPage {
  /** Addresses as the webview may load them. */
  readonly script: string;
  readonly style: string;
  /** What `style-src` allows: the origin of the style sheet. */
  readonly styleSource: string;
  /** Unguessable, new for every page. */
  readonly nonce: string;
  /** The editor's language, for whoever reads the page aloud. */
  readonly language: string;
}

export function panelHtml({ script, style, styleSource, nonce, language }: PanelPage): string {
  const policy = `default-src 'none'; script-src 'nonce-${nonce}'; style-src ${styleSource}`;
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${style}">
<title>Lockstep</title>
</head>
<body>
<main id="lesson"></main>
<script nonce="${nonce}" src="${script}"></script>
</body>
</html>`;
}
