// Numbers and times as the server writes them.
const groups = new Intl.NumberFormat("en-US");

export const grouped = (number) => groups.format(number);

export function compact(number) {
  if (Math.abs(number) < 10000) return grouped(number);
  const [size, letter] = Math.abs(number) >= 1e6 ? [1e6, "M"] : [1e3, "k"];
  const tenths = Math.floor((Math.abs(number) * 10) / size);
  return `${number < 0 ? "-" : ""}${Math.floor(tenths / 10)}.${tenths % 10}${letter}`;
}

export function signed(number) {
  if (number === 0) return "0";
  return number > 0 ? `+${compact(number)}` : `\u2212${compact(-number)}`;
}

const STEPS = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];

export function ago(moment, now = Date.now()) {
  const age = Math.floor((now - Date.parse(moment)) / 1000);
  if (age < 5) return "now";
  const [size, unit] = STEPS.find(([step]) => age >= step);
  return `${Math.floor(age / size)} ${unit} ago`;
}
