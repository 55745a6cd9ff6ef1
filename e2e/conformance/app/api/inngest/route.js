export const dynamic = "force-dynamic";

// The test makes the handler for its scenario; Next only serves it, as it does in the product.
const answer = (method) => (request) => globalThis.labyardConformance[method](request, undefined);

export const GET = answer("GET");
export const POST = answer("POST");
export const PUT = answer("PUT");
