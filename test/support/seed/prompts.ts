import type { SceneKind } from "./scenes.ts";

export interface Prompt {
  /** ISO 639-1. */
  readonly language: "en" | "de" | "zh" | "ja" | "fr" | "es" | "ru" | "ar";
  readonly text: string;
}

/** What people ask for, in the languages in which they do. */
export const prompts: Readonly<Record<SceneKind, readonly Prompt[]>> = {
  mountains: [
    { language: "en", text: "Layered mountain ridges at dawn, flat illustration, quiet colours" },
    { language: "de", text: "Bergketten im Morgendunst, flächige Illustration, gedämpfte Töne" },
    { language: "zh", text: "清晨薄雾中的层层山峦,扁平插画风格" },
    { language: "ja", text: "朝霧に包まれた山々、フラットなイラスト" },
    { language: "fr", text: "Crêtes de montagnes dans la brume, aplats de couleur" },
  ],
  sea: [
    { language: "en", text: "A small sailing boat on a calm sea, low sun, wide horizon" },
    { language: "de", text: "Ein kleines Segelboot auf ruhiger See, tief stehende Sonne" },
    { language: "zh", text: "平静海面上的一艘小帆船,夕阳低垂" },
    { language: "es", text: "Un pequeño velero en el mar en calma al atardecer" },
    { language: "ru", text: "Маленький парусник на спокойном море, низкое солнце" },
  ],
  city: [
    { language: "en", text: "City skyline at night with lit windows and a full moon" },
    { language: "de", text: "Skyline einer Großstadt bei Nacht, erleuchtete Fenster, Vollmond über den Dächern" },
    { language: "zh", text: "满月下的城市夜景,万家灯火" },
    { language: "ja", text: "満月の夜の街並み、窓の明かり" },
  ],
  dunes: [
    { language: "en", text: "Soft dunes fading into a pale sky, minimal poster" },
    { language: "de", text: "Sanfte Dünen unter blassem Himmel, minimalistisches Plakat" },
    { language: "ar", text: "كثبان رملية ناعمة تحت سماء شاحبة، ملصق بسيط" },
    { language: "es", text: "Dunas suaves bajo un cielo pálido, cartel minimalista" },
  ],
  forest: [
    { language: "en", text: "Tall trunks in a foggy forest, light falling between them" },
    { language: "de", text: "Hohe Stämme im nebligen Wald, dazwischen fällt Licht" },
    { language: "zh", text: "雾中森林,光线穿过高大的树干" },
    { language: "fr", text: "Forêt dans le brouillard, la lumière passe entre les troncs" },
  ],
  botanical: [
    { language: "en", text: "Botanical poster: one stem, broad leaves, a single flower on cream paper" },
    { language: "de", text: "Botanisches Plakat: ein Stängel, breite Blätter, eine Blüte auf cremefarbenem Papier" },
    { language: "zh", text: "植物海报:米色纸上的一枝阔叶与一朵花" },
    { language: "fr", text: "Affiche botanique, une tige et une fleur sur papier crème" },
  ],
  geometric: [
    { language: "en", text: "Geometric tile pattern of circles, arcs and triangles, five colours" },
    { language: "de", text: "Geometrisches Kachelmuster aus Kreisen, Bögen und Dreiecken in fünf Farben" },
    { language: "zh", text: "由圆、弧与三角构成的几何图案" },
    { language: "ja", text: "円と弧と三角の幾何学模様、五色" },
  ],
  planet: [
    { language: "en", text: "A ringed planet with its moon among stars, children's book style" },
    { language: "de", text: "Ein Planet mit Ringen und Mond zwischen Sternen, wie im Kinderbuch" },
    { language: "zh", text: "带光环的行星与它的卫星,童书插画" },
    { language: "ru", text: "Планета с кольцами и её луна среди звёзд" },
  ],
  stillLife: [
    { language: "en", text: "Still life: a dark vase with five flowers and three fruits on a table" },
    { language: "de", text: "Stillleben: dunkle Vase mit fünf Blumen, drei Früchte auf dem Tisch" },
    { language: "zh", text: "静物:桌上的深色花瓶、五朵花和三个水果" },
    { language: "fr", text: "Nature morte, un vase sombre, cinq fleurs et trois fruits" },
  ],
  balloons: [
    { language: "en", text: "Hot-air balloons over rolling hills in the first light" },
    { language: "de", text: "Heißluftballons über sanften Hügeln im ersten Licht" },
    { language: "zh", text: "晨光中越过山丘的热气球" },
    { language: "es", text: "Globos aerostáticos sobre colinas al amanecer" },
  ],
  lighthouse: [
    { language: "en", text: "A striped lighthouse on a rock, its beam across the bay" },
    { language: "de", text: "Ein gestreifter Leuchtturm auf einem Felsen, sein Licht über der Bucht" },
    { language: "zh", text: "岩石上的条纹灯塔,光束扫过海湾" },
    { language: "ja", text: "岩の上の縞模様の灯台、湾を照らす光" },
  ],
  fox: [
    { language: "en", text: "A red fox in the snow, morning light" },
    { language: "de", text: "Ein roter Fuchs im Schnee, Morgenlicht" },
    { language: "zh", text: "雪地里的红狐,晨光" },
    { language: "ja", text: "雪の中の赤いキツネ、朝の光" },
  ],
  sticker: [
    { language: "en", text: "Sticker of a rocket, thick outline, transparent background" },
    { language: "de", text: "Aufkleber einer Rakete mit dicker Kontur, durchsichtiger Hintergrund" },
    { language: "zh", text: "火箭贴纸,粗轮廓,透明背景" },
    { language: "fr", text: "Autocollant de fusée, contour épais, fond transparent" },
  ],
};

/** What people say to change a picture. */
export const editPrompts: readonly Prompt[] = [
  { language: "en", text: "Make it evening, with warmer light" },
  { language: "de", text: "Jetzt bei Nacht, mit Sternen am Himmel" },
  { language: "zh", text: "去掉前景中的东西,其余保持不变" },
  { language: "en", text: "Remove what stands in the foreground; keep everything else" },
  { language: "de", text: "Mehr Nebel, weniger Farbe" },
  { language: "en", text: "The same scene in winter" },
  { language: "ja", text: "もっと明るく、春らしく" },
  { language: "en", text: "Add a small red bird on the left" },
];

/** Added now and then, so that not all prompts are short. */
export const longTail =
  "Even, soft light from the left; no text, no border, no people. Keep the shapes large and simple, leave a calm area in the upper third for a heading, and stay within five colours. It is for the cover of a printed programme, so nothing important may lie within a finger's width of the edge.";
