using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace Mill.Testing.GitHub;

/// <summary>What happens to a request, from the wire to its answer.</summary>
internal sealed class Pipeline(World world, WorkflowPlayer player, Entrance entrance)
{
    /// <summary>Before each path of a server of one's own.</summary>
    public const string EnterprisePrefix = "/api/v3";

    private const string VersionHeader = "X-GitHub-Api-Version";

    private readonly List<RecordedRequest> _requests = [];
    private int _underWay;

    public List<RecordedRequest> Requests => _requests;

    public int MostUnderWay { get; private set; }

    public async Task ServeAsync(HttpContext context)
    {
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        using var content = new MemoryStream();
        await context.Request.Body.CopyToAsync(content, context.RequestAborted).ConfigureAwait(false);
        try
        {
            var entry = world.Do(() => Enter(context.Request, target));
            if (entry.Fault is { Wait: { Ticks: > 0 } wait }) await Task.Delay(wait, world.Options.Time, context.RequestAborted).ConfigureAwait(false);
            var (answer, need) = entry.Fault is { DropsConnection: true, DoesTheWork: false } ? (null, null) : world.Do(() => Work(context.Request, target, content.ToArray(), entry));
            if (answer is null || entry.Fault is { DropsConnection: true }) context.Abort();
            else await AnswerWriter.WriteAsync(context, answer, entry.Identity, need, world.Options.Limits is null ? null : entrance.Meter(entry.Identity.Account), world, Version(context.Request)).ConfigureAwait(false);
        }
        finally
        {
            world.Do(() => _underWay--);
        }
    }

    private (int Index, Identity Identity, Answer? Refusal, FakeFault? Fault) Enter(HttpRequest request, string target)
    {
        MostUnderWay = Math.Max(MostUnderWay, ++_underWay);
        var identity = Identity.Of(request.Headers.Authorization, world);
        var headers = request.Headers.Where(header => header.Key != HeaderNames.Authorization).ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        _requests.Add(new(request.Method, target, headers, world.Now, identity.Account));
        var refusal = entrance.Refuse(_requests[^1], _underWay, out var fault) ?? Unfit(request, identity);
        return (_requests.Count - 1, identity, refusal, fault);
    }

    private (Answer? Answer, Need? Need) Work(HttpRequest request, string target, byte[] content, (int Index, Identity Identity, Answer? Refusal, FakeFault? Fault) entry)
    {
        var path = target.Split('?')[0];
        var isEnterprise = path.StartsWith(EnterprisePrefix + "/", StringComparison.Ordinal);
        var segments = path[(isEnterprise ? EnterprisePrefix.Length : 0)..].Split('/', StringSplitOptions.RemoveEmptyEntries).Select(Uri.UnescapeDataString).ToArray();
        var call = new Call(world, request.Method, segments, request.Query, content, $"{request.Scheme}://{request.Host}{(isEnterprise ? EnterprisePrefix : "")}") { Token = entry.Identity.Token, App = entry.Identity.App };
        var answer = entry.Refusal ?? Find(call);
        answer = AnswerWriter.Tag(answer, request.Method, request.Headers.IfNoneMatch);
        if (answer.Status == 304) entrance.Meter(entry.Identity.Account).Refund();
        if (entry.Fault is not { DropsConnection: true }) _requests[entry.Index] = _requests[entry.Index] with { Status = answer.Status };
        return (answer, call.Need);
    }

    private Answer Find(Call call)
    {
        try
        {
            return Routes.Find(call, player);
        }
        catch (RefusedException refused)
        {
            return refused.Answer;
        }
    }

    private Answer? Unfit(HttpRequest request, Identity identity)
    {
        if (request.Headers.UserAgent.Count == 0)
            return Answer.Error(403, "Request forbidden by administrative rules. Please make sure your request has a User-Agent header.");
        if (identity.Refusal is not null) return identity.Refusal;
        return world.Options.ApiVersions.Contains(Version(request)) ? null : Answer.Error(400, $"The version {Version(request)} of the API is not supported.");
    }

    private string Version(HttpRequest request) => request.Headers[VersionHeader] is [{ Length: > 0 } version, ..] ? version : world.Options.ApiVersions[0];
}
