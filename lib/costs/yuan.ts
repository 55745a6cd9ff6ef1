/** Amounts are integers in micro-yuan; only what people read and type is in yuan. */
export const microYuan = (yuan: number): number => Math.round(yuan * 1_000_000);

/** Yuan to the cent, rounded half up; exact, because it rounds whole numbers. */
export const yuanOf = (micro: number): number => Math.round(micro / 10_000) / 100;
