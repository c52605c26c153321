using Mill.Tests.Server.Fixture;
using Xunit;
using Xunit.Abstractions;

namespace Mill.Tests.Server.Hostile;

public sealed class HostileTests(ITestOutputHelper output)
{
    private const string Stored = "c@nary!stored~0123456789~abcdefghijkl";

    [Fact]
    public async Task Hostile_requests_are_answered_as_documented_and_change_nothing()
    {
        await using var server = await TestServer.StartAsync();
        await server.Operator.PutAsync("a", Stored);
        var judge = new Judge(Stored, server.OperatorToken[^43..]);
        var (revision, count, faults) = (server.Now().Revision, 0, new List<string>());
        foreach (var (name, request) in Corpus.All(server.OperatorToken))
        {
            var answers = await RawHttp.SendAsync(server.EndPoint, request);
            output.WriteLine($"{name}  ->  {string.Join(" | ", answers.Select(answer => answer.Body.Length == 0 ? $"{answer.Status} bare" : $"{answer.Status} {(answer.Status < 300 ? "" : answer.Code)}"))}");
            if (Record.Exception(() => judge.Demand(answers)) is { } fault) faults.Add($"{name}: {fault.Message}");
            if (revision != server.Now().Revision) faults.Add($"{name} changed something");
            (revision, count) = (server.Now().Revision, count + 1);
        }
        Assert.Empty(faults);
        Assert.Equal(Stored, (await server.Operator.GetAsync("/v1/secrets/a")).Is(200).Json.GetProperty("value").GetString());
        Assert.Empty(server.Logs.Errors);
        output.WriteLine($"{count} requests: {judge}");
    }
}
