using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using Mill.Tests.Server.Fixture;
using Xunit;
using Xunit.Abstractions;

namespace Mill.Tests.Server.Hostile;

/// <summary>Random inputs: about 3,000 in a usual run, <c>MILL_FUZZ</c> says how many otherwise.</summary>
public sealed partial class FuzzTests(ITestOutputHelper output) : IAsyncLifetime
{
    /// <summary>No part of it can be a name, so nothing may ever repeat it.</summary>
    public const string Sent = "c@nary!sent~0123456789~abcdefghijklmn";

    private const string Stored = "c@nary!stored~0123456789~abcdefghijkl";

    private static readonly int Inputs = int.TryParse(Environment.GetEnvironmentVariable("MILL_FUZZ"), NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : 3000;

    private TestServer _server = null!;
    private Judge _judge = null!;

    public async Task InitializeAsync()
    {
        _server = await TestServer.StartAsync();
        foreach (var name in new[] { "a", "b", "c", "d" }) await _server.Operator.PutAsync(name, Stored);
        _judge = new(Stored, Sent, _server.OperatorToken[^43..]);
    }

    public async Task DisposeAsync()
    {
        (await _server.As(null).GetAsync("/readyz")).Is(200);
        Assert.Equal("[]", (await _server.Operator.SendAsync("POST", "/v1/verify")).Is(200).Json.GetProperty("problems").GetRawText());
        Assert.Empty(_server.Logs.Errors);
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Broken_requests_are_answered_as_documented()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("MILL_SEED"), NumberStyles.None, CultureInfo.InvariantCulture, out var given) ? given : 20261120;
        var (mutator, count) = (new Mutator(seed, _server.OperatorToken), Inputs / 2);
        for (var number = 0; number < count; number++)
        {
            var request = mutator.Next();
            try
            {
                await SendAsync(request);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"seed {seed}, input {number}: {Convert.ToBase64String(request)}", e);
            }
        }
        output.WriteLine($"seed {seed}, {count} inputs: {_judge}");
    }

    [Fact]
    public async Task Bodies_of_any_shape_are_answered_as_documented()
    {
        var targets = new[] { ("PUT", "/v1/secrets/a"), ("POST", "/v1/transactions"), ("POST", "/v1/env/expand"), ("POST", "/v1/env/encrypt"), ("POST", "/v1/tokens"), ("PUT", "/v1/retention"), ("POST", "/v1/secrets/b/destroy") };
        var inputs = Gen.Choose(0, int.MaxValue - 1).ToArbitrary();
        await CheckAsync(inputs, Inputs / 4, async seed =>
        {
            var (method, path) = targets[seed % targets.Length];
            await SendAsync(RawHttp.Request(method, path, _server.OperatorToken, Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(new JsonMaker(seed).Make()))));
            return true;
        });
    }

    [Fact]
    public async Task Any_text_is_a_name_or_an_invalid_name() => await CheckAsync(ArbMap.Default.ArbFor<string>(), Inputs / 8, async text =>
    {
        var name = text ?? "";
        var answer = await _server.Operator.GetAsync($"/v1/secrets/none{Uri.EscapeDataString(name)}");
        if (name.Contains('\0', StringComparison.Ordinal)) return answer.Status == 400; // the HTTP server's own: no path holds a NUL
        _judge.Demand([answer]);
        return answer.Status == (Name().IsMatch("none" + name) ? 404 : 400);
    });

    [Fact]
    public async Task Any_bytes_come_back() => await CheckAsync(ArbMap.Default.ArbFor<byte[]>(), Inputs / 8, async bytes =>
    {
        bytes ??= [];
        (await _server.Operator.SendAsync("PUT", "/v1/secrets/e", new { value_base64 = Convert.ToBase64String(bytes) })).DemandSuccess();
        return (await _server.Operator.GetAsync("/v1/secrets/e")).Json.GetProperty("value_base64").GetBytesFromBase64().SequenceEqual(bytes);
    });

    /// <summary>A failure prints the seed that repeats it.</summary>
    private async Task CheckAsync<T>(Arbitrary<T> inputs, int count, Func<T, Task<bool>> holds)
    {
        await Task.Run(() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(count), Prop.ForAll(inputs, input => Task.Run(() => holds(input)).GetAwaiter().GetResult())));
        output.WriteLine($"{count} inputs: {_judge}");
    }

    private async Task SendAsync(byte[] request)
    {
        var revision = _server.Now().Revision;
        var answers = await RawHttp.SendAsync(_server.EndPoint, request);
        _judge.Demand(answers);
        // Where more came than was read, the connection is reset, and the answer may be lost with it: that is no refusal.
        Assert.True(revision == _server.Now().Revision || answers.Count == 0 || answers.Any(answer => answer.Status < 300), "A refused request changed something.");
    }

    /// <summary>The rule for names, told in another way than the server tells it.</summary>
    [GeneratedRegex(@"^(?=.{1,255}\z)[A-Za-z0-9_][A-Za-z0-9_.-]*(/(?!\.{1,2}(/|\z))[A-Za-z0-9_.-]+)*\z")]
    private static partial Regex Name();
}

internal static class Successes
{
    public static void DemandSuccess(this Answer answer) => Assert.True(answer.Status is 200 or 201, answer.ToString());
}
