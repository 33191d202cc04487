export default function View(_: { pitcher: number }) { return <p>pitcher</p>; }
