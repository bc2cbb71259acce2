import type { AreaTexts } from "../types.ts";

export const trash: AreaTexts<"trash"> = {
  empty: "回收站是空的",
  emptyHint: "丢弃的内容会保留在这里，直到您永久删除。",
  explained: "这里的图片可以恢复。已交付到其他位置的副本不受影响。",
  restore: "恢复",
  deleteForGood: "永久删除",
  deleteTitle: { other: "永久删除 {count} 项？" },
  deleteExplained: "原始文件及其记录将从图库中移除，且无法撤销。已交付到其他位置的副本会保留。",
};
