// Huawei Cloud's SDK for other programs: reads a JSON array of jobs from standard input and writes the array of
// results.
//   {sign: {method, url, headers, query}, access, secret}  -> {headers}, Authorization among them, or {error}
//   {list: {endpoint, path, query}, access, secret, project, securityToken}
//                                                          -> {status, body} or {status, error} as the SDK tells
const {AKSKSigner} = require('@huaweicloud/huaweicloud-sdk-core/auth/AKSKSigner');
const {BasicCredentials} = require('@huaweicloud/huaweicloud-sdk-core/auth/BasicCredentials');
const {ClientBuilder} = require('@huaweicloud/huaweicloud-sdk-core/ClientBuilder');

function sign({sign: request, access, secret}) {
    return {headers: AKSKSigner.sign(
        {endpoint: request.url, method: request.method, headers: request.headers, queryParams: request.query},
        {getAk: () => access, getSk: () => secret})};
}

async function list({list: request, access, secret, project, securityToken}) {
    const credentials = new BasicCredentials().withAk(access).withSk(secret).withProjectId(project);
    if (securityToken)
        credentials.withSecurityToken(securityToken);
    const client = new ClientBuilder((hcClient) => hcClient).withEndpoint(request.endpoint).withCredential(credentials)
        .build();
    try {
        const body = await client.sendRequest({
            url: request.path, method: 'GET', contentType: 'application/json', queryParams: request.query,
            pathParams: {}, headers: {}, data: {}
        });
        return {status: body.httpStatusCode, body};
    } catch (error) {
        return {status: error.httpStatusCode, error: error.errorMsg || error.message};
    }
}

async function main(input) {
    const results = [];
    for (const job of JSON.parse(input)) {
        try {
            results.push(job.sign ? sign(job) : await list(job));
        } catch (error) {
            results.push({error: error.message});
        }
    }
    process.stdout.write(JSON.stringify(results));
}

let input = '';
process.stdin.on('data', (chunk) => { input += chunk; });
process.stdin.on('end', () => main(input));
