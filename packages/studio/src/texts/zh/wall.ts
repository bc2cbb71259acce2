import type { AreaTexts } from "../types.ts";

export const wall: AreaTexts<"wall"> = {
  label: "图片，最新的在前",
  total: { other: "{count} 条记录" },
  untitled: "未保留提示词的图片",
  pictures: { other: "{count} 张图片" },
  select: "选择：{name}",
  isSelected: "（已选择）",
  favourite: "收藏：{name}",
  noPicture: "没有图片：",
  broken: "无法显示这张图片。",
  new: { other: "{count} 条新记录" },
  arrived: "新图片：{name}",
  nothingFound: "没有找到",
  nothingFoundHint: "没有图片符合当前的搜索和筛选条件。",
};
