using System.Collections.Concurrent;
using Mill.Tests.Server.Fixture;
using Xunit;

namespace Mill.Tests.Server.Hostile;

/// <summary>Whether an answer is one of those that <c>docs/api.md</c> promises, whatever was asked.</summary>
internal sealed class Judge(params string[] secrets)
{
    /// <summary>What the HTTP server itself refuses before any code of Mill's runs: a bare status, and the end of the connection.</summary>
    private static readonly int[] Bare = [400, 405, 408, 411, 413, 414, 431, 501, 505];

    /// <summary>How often each kind of answer was given.</summary>
    public ConcurrentDictionary<string, int> Seen { get; } = new();

    public void Demand(IReadOnlyList<Answer> answers)
    {
        foreach (var answer in answers) Demand(answer);
        if (answers.Count == 0) Count("closed without an answer");
    }

    private void Demand(Answer answer)
    {
        Assert.True(answer.Status is (>= 200 and < 300) or (>= 400 and < 500) or 503 || Bare.Contains(answer.Status), answer.ToString());
        if (answer.Status >= 400)
        {
            foreach (var secret in secrets) Assert.DoesNotContain(secret, answer.Text, StringComparison.Ordinal);
        }
        if (answer.Status < 300) Count($"{answer.Status}");
        else if (answer.Body.Length > 0)
        {
            Problems.DemandDocumented(answer);
            Count($"{answer.Status} {answer.Code}");
        }
        else if (answer.Header("Content-Type") is "application/problem+json") Count($"{answer.Status} to HEAD");
        else
        {
            Assert.Contains(answer.Status, Bare);
            Assert.Equal("close", answer.Header("Connection"));
            Count($"{answer.Status} bare");
        }
    }

    public override string ToString() => string.Join(", ", Seen.OrderByDescending(pair => pair.Value).Select(pair => $"{pair.Key}: {pair.Value}"));

    private void Count(string kind) => Seen.AddOrUpdate(kind, 1, (_, count) => count + 1);
}
