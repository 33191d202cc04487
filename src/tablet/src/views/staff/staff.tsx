export default function View() { return <p>staff</p>; }
