export { Button, IconButton } from "./button.tsx";
export { copyText } from "./copy-text.ts";
export { Dialog } from "./dialog.tsx";
export { Icon, type IconName } from "./icon.tsx";
export { Menu, type MenuItem } from "./menu.tsx";
export { Problem } from "./problem.tsx";
export { announce, toast, toastError, Toasts } from "./toast.tsx";
