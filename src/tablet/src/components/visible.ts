/** For ears only: there for a screen reader, out of sight. */
import { styled } from "@mui/material/styles";

export const Unseen = styled("span")({
  position: "absolute",
  width: 1,
  height: 1,
  margin: -1,
  overflow: "hidden",
  clipPath: "inset(50%)",
  whiteSpace: "nowrap",
});
