extension HTMLPage {
    /// The page's style sheet: light and dark, phone, desk and paper. Figures keep their white ground.
    static let style = """
        :root {
          --ink: #1d1d1f; --faint: #5c5f66; --line: #dcdde1; --ground: #ffffff; --soft: #f5f6f8; --link: #0b57a4;
          --caution: #fff6e0; --caution-line: #d99a00; --shade: rgba(0, 0, 0, .22);
          --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
          --serif: Charter, "Bitstream Charter", "Iowan Old Style", "Source Serif 4", Georgia, "Liberation Serif", serif;
          --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --ink: #e6e6e8; --faint: #a3a6ad; --line: #3a3c42; --ground: #17181b; --soft: #212328; --link: #7db8f5;
            --caution: #322a17; --caution-line: #d99a00; --shade: rgba(255, 255, 255, .25);
          }
        }
        * { box-sizing: border-box; }
        html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; scroll-padding-top: 1rem; }
        body {
          margin: 0 auto; max-width: 90rem; padding: 1.5rem 1.25rem 4rem; color: var(--ink); background: var(--ground);
          font: 1.0625rem/1.55 var(--serif); font-variant-numeric: lining-nums tabular-nums; overflow-wrap: anywhere;
        }
        h1, h2, nav, table, figcaption, summary, dl, .label, .tip { font-family: var(--sans); }
        h1 { margin: 0 0 .5rem; font-size: 1.9rem; line-height: 1.2; letter-spacing: -.01em; }
        header { margin-bottom: 1.5rem; }
        h2 { margin: 3rem 0 .75rem; padding-top: .75rem; border-top: 1px solid var(--line); font-size: 1.25rem; line-height: 1.3; }
        p, ul { max-width: 42rem; margin: 0 0 .75rem; }
        ul { padding-left: 1.3rem; }
        li { margin: .2rem 0; }
        a { color: var(--link); text-underline-offset: .15em; }
        code, pre { font: .88em/1.5 var(--mono); }
        pre { margin: 0 0 1rem; padding: .7rem .9rem; background: var(--soft); border-radius: 6px; white-space: pre-wrap; }
        pre code { font-size: inherit; }
        :focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }

        nav { font-size: .9rem; line-height: 1.4; }
        nav ul { margin: 0 0 1.5rem; padding: 0; list-style: none; display: flex; flex-wrap: wrap; gap: .25rem 1.1rem; }
        nav a { text-decoration: none; }
        nav a:hover { text-decoration: underline; }
        @media (min-width: 70rem) {
          body { display: grid; grid-template-columns: 12rem minmax(0, 1fr); column-gap: 3rem; padding-top: 2.5rem; }
          header, main { grid-column: 2; }
          nav { grid-column: 1; grid-row: 1 / span 2;
            position: sticky; top: 2.5rem; align-self: start; max-height: calc(100vh - 5rem); overflow-y: auto; }
          nav ul { display: block; border-left: 2px solid var(--line); padding-left: .9rem; }
          nav li { margin: .45rem 0; }
        }

        .cautions {
          margin: 0 0 3rem; padding: .9rem 1.1rem; max-width: 48rem;
          background: var(--caution); border-left: 4px solid var(--caution-line); border-radius: 0 6px 6px 0; font-size: .97rem;
        }
        main > :first-child h2 { margin-top: 0; }
        .cautions h2 { margin: 0 0 .4rem; padding: 0; border: 0; font-size: 1.05rem; }
        .cautions ul { margin: 0; }

        figure { margin: 0 0 2rem; }
        figcaption { max-width: 46rem; color: var(--faint); font-size: .875rem; line-height: 1.5; }
        figcaption strong { color: var(--ink); font-weight: 600; }
        .table figcaption { margin-top: .6rem; }
        .scroll { /* with a shadow where there is more */
          overflow-x: auto; width: fit-content; max-width: 100%; border-bottom: 1px solid var(--line);
          background: linear-gradient(to left, var(--ground) 40%, transparent) right / 3rem 100% local no-repeat,
            linear-gradient(to left, var(--shade), transparent) right / .8rem 100% no-repeat;
        }
        table { border-collapse: collapse; font-size: .84rem; line-height: 1.35; overflow-wrap: normal; }
        th, td { padding: .24rem .8rem .24rem 0; text-align: left; vertical-align: top; white-space: nowrap; }
        th { border-bottom: 1px solid var(--faint); font-weight: 600; white-space: normal; vertical-align: bottom; }
        th:last-child, td:last-child { padding-right: .2rem; }
        td { border-top: 1px solid transparent; }
        .block td { border-top-color: var(--line); }
        .sorted .block td { border-top-color: transparent; }
        .n { text-align: right; }
        td.long { min-width: 16rem; white-space: normal; overflow-wrap: anywhere; }
        @media (max-width: 40rem) {
          body { padding: 1rem .9rem 3rem; }
          table { font-size: .75rem; }
          th, td { padding-right: .5rem; }
          td:first-child { min-width: 5.5rem; }
          td:first-child, td.words { white-space: normal; }
        }
        tbody tr:hover { background: var(--soft); }
        th button { all: unset; cursor: pointer; font: inherit; }
        th button:hover { text-decoration: underline; text-underline-offset: .15em; }
        th button:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
        th[aria-sort=ascending] button::after { content: " \\2191"; }
        th[aria-sort=descending] button::after { content: " \\2193"; }

        .plot {
          position: relative; overflow-x: auto; margin-bottom: .6rem; padding: .5rem; background: #ffffff; border: 1px solid var(--line);
          border-radius: 6px; width: fit-content; max-width: 100%;
        }
        .plot svg { display: block; max-width: 100%; min-width: calc(var(--natural, 0px) * .8); height: auto; }
        .tip {
          position: fixed; z-index: 2; max-width: min(24rem, calc(100vw - 1rem)); padding: .45rem .65rem; pointer-events: none;
          color: #f4f4f5; background: rgba(24, 25, 28, .94); border-radius: 5px; font-size: .8rem; line-height: 1.4;
        }
        .tip[hidden] { display: none; }
        .tip b { display: block; }
        .tip div { display: grid; grid-template-columns: .7rem 1fr auto; gap: .5rem; align-items: baseline; }
        .tip i { width: .7rem; height: .7rem; border: 1px solid #ffffff; border-radius: 50%; }
        .tip div span:last-child { text-align: right; }
        .tip small { display: block; opacity: .7; line-height: 1.1; }

        details { margin: 0 0 .6rem; }
        details figure { margin-bottom: 1rem; }
        summary { cursor: pointer; font-size: .95rem; line-height: 1.5; }
        details[open] > summary { margin-bottom: .6rem; }
        .label { margin: .4rem 0; color: var(--faint); font-size: .875rem; }
        dl { margin: 0 0 1.2rem; columns: 19rem; column-gap: 2.5rem; font-size: .84rem; line-height: 1.4; }
        dl div { display: flex; justify-content: space-between; gap: 1rem; padding: .15rem 0; border-bottom: 1px dotted var(--line);
          break-inside: avoid; }
        dt { color: var(--faint); }
        dd { margin: 0; text-align: right; }

        @media print {
          :root { --ink: #000000; --faint: #333333; --ground: #ffffff; --soft: #f2f2f2; --line: #bbbbbb; --caution: #ffffff; --link: #000000; }
          body { display: block; padding: 0; font-size: 10pt; }
          nav, .tip { display: none; }
          h2, summary, .label { break-after: avoid; }
          h2 { margin-top: 1.5rem; }
          figcaption, summary, dl, .label { font-size: 8pt; }
          .drawing, tr, .cautions li { break-inside: avoid; }
          thead { display: table-header-group; }
          table { font-size: 7pt; }
          th, td { padding-right: .5rem; }
          .scroll, .plot, .cautions { overflow: visible; }
          .scroll { background: none; }
          .plot { border: 0; padding: 0; }
          .plot svg { min-width: 0; }
          details::details-content { content-visibility: visible; block-size: auto; }
        }
        """
}
