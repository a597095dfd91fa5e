// The one style sheet of all pages.
#pragma once

namespace multipole {

// One column, centred, as wide as a line can be read; in it everything fills the width that it can use: charts and
// pictures by the number that fits, tables whole. What is still too wide scrolls in itself, under a shadow that tells.
inline constexpr const char* kPageStyle = R"(
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 64rem; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif; color: #1b1b1b;
  background: #ffffff; }
h1 { font-size: 1.6rem; line-height: 1.2; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 1rem; border-bottom: 1px solid #767676; }
p { max-width: 46rem; overflow-wrap: break-word; }
.scroll { overflow-x: auto; margin: 1rem 0; background:
  linear-gradient(to right, #ffffff 1rem, #ffffff00 2rem) left / 2rem 100% no-repeat local,
  linear-gradient(to left, #ffffff 1rem, #ffffff00 2rem) right / 2rem 100% no-repeat local,
  linear-gradient(to right, #00000040, #00000000) left / .7rem 100% no-repeat scroll,
  linear-gradient(to left, #00000040, #00000000) right / .7rem 100% no-repeat scroll; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: #4a4a4a; padding-bottom: .5rem; }
th, td { padding: .25rem .6rem; text-align: right; border-bottom: 1px solid #d0d0d0; }
thead th { vertical-align: bottom; line-height: 1.25; }
th:first-child, td:first-child { text-align: left; overflow-wrap: anywhere; min-width: 6rem; }
tbody th { position: sticky; left: 0; background: #ffffff; }
.matrix table { width: auto; margin: 0 auto; }
.matrix td { text-align: center; padding: .25rem .3rem; min-width: 2.6rem; }
.matrix thead th { text-align: left; padding: .3rem 0; }
.matrix thead span { writing-mode: vertical-rl; transform: rotate(180deg); max-height: 11rem; overflow-wrap: anywhere; }
.matrix tbody th { max-width: 12rem; }
svg { width: 100%; max-width: 31rem; height: auto; display: block; margin: 0 auto; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); gap: 1rem 2rem;
  align-items: center; }
figure { margin: 0; min-width: 0; }
.charts .chart { align-self: end; }
.chart figcaption { font-weight: bold; max-width: 31rem; margin: 0 auto .3rem; }
ul.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); gap: .7rem; padding: 0;
  list-style: none; }
.tile { border: 1px solid #767676; border-radius: .4rem; padding: .5rem .9rem; }
.tile strong { display: block; font-size: 1.5rem; line-height: 1.3; }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(8.5rem, 1fr)); gap: 1.2rem 1rem; }
.pictures img { width: 100%; aspect-ratio: 1; object-fit: contain; background: #eeeeee; display: block; }
.pairs { grid-template-columns: repeat(auto-fill, minmax(min(100%, 18rem), 1fr)); }
.pairs .two { display: grid; grid-template-columns: 1fr 1fr; gap: .2rem; }
.pairs img { aspect-ratio: auto; }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1rem; padding: 0; list-style: none; }
.swatch { display: inline-block; border: .45rem solid; outline: 1px solid #767676; margin-right: .4rem;
  vertical-align: -.05rem; }
.pictures figcaption { font-size: .875rem; line-height: 1.35; overflow-wrap: anywhere; margin-top: .3rem; }
.tail { white-space: nowrap; }
pre { background: #f3f3f3; color: #1b1b1b; padding: .7rem; white-space: pre-wrap;
  overflow-wrap: anywhere; font-size: .85rem; }
details { margin: 1rem 0; }
details > summary { cursor: pointer; color: #0b4f8a; }
.note { color: #4a4a4a; }
@media (max-width: 40rem) {
  th, td { padding: .2rem .15rem; font-size: .8125rem; }
  th:first-child, td:first-child { min-width: 4rem; }
  .matrix td { font-size: .75rem; padding: .2rem .05rem; min-width: 1.55rem; }
  .matrix th { font-size: .75rem; padding: .1rem; }
  .matrix td:first-child, .matrix tbody th { min-width: 3.5rem; max-width: 5.5rem; }
}
)";

}  // namespace multipole
