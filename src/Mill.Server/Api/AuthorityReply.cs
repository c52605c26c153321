using Microsoft.AspNetCore.Http;

namespace Mill.Server.Api;

/// <summary>The certificate of the cluster's authority, as tools read it from a file.</summary>
internal static class AuthorityReply
{
    public static Task WriteAsync(HttpContext http, string pem)
    {
        http.Response.ContentType = "application/x-pem-file";
        return http.Response.WriteAsync(pem.EndsWith('\n') ? pem : pem + "\n", http.RequestAborted);
    }
}
