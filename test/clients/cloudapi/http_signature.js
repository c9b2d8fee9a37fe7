// The library that CloudAPI signs and verifies with, for other programs: reads a JSON array of jobs from standard
// input and writes the array of results.
//   {sign: {method, path, headers}, key, options}         -> {headers} with the Authorization header added, or {error}
//   {verify: {method, url, headers}, publicKey, options}  -> {ok, signed} or {error}; the text signed is told
const httpSignature = require('http-signature');

function sign({sign: request, key, options}) {
    const headers = Object.assign({}, request.headers);
    httpSignature.signRequest({
        method: request.method,
        path: request.path,
        getHeader: (name) => headers[name.toLowerCase()],
        setHeader: (name, value) => { headers[name.toLowerCase()] = value; }
    }, Object.assign({key}, options));
    return {headers};
}

function verify({verify: request, publicKey, options}) {
    const parsed = httpSignature.parseRequest(Object.assign({httpVersion: '1.1'}, request), options || {});
    let ok = false;
    try {
        ok = httpSignature.verifySignature(parsed, publicKey);
    } catch (error) {
        // CloudAPI takes that for a wrong signature
    }
    return {ok, signed: parsed.signingString, keyId: parsed.keyId};
}

let input = '';
process.stdin.on('data', (chunk) => { input += chunk; });
process.stdin.on('end', () => {
    const results = JSON.parse(input).map((job) => {
        try {
            return job.sign ? sign(job) : verify(job);
        } catch (error) {
            return {error: error.message};
        }
    });
    process.stdout.write(JSON.stringify(results));
});
