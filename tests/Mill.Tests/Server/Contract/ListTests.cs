using System.Text.Json;
using Mill.Tests.Server.Fixture;
using Xunit;

namespace Mill.Tests.Server.Contract;

/// <summary>Names and histories, page by page.</summary>
public sealed class ListTests : IAsyncLifetime
{
    private static readonly string[] Names = ["A", "Z/z", "_x", "a", "a-b", "a.b", "a/b", "a/b/c", "ab", "b"];

    private TestServer _server = null!;

    private Api Operator => _server.Operator;

    public async Task InitializeAsync()
    {
        _server = await TestServer.StartAsync();
        foreach (var name in Names.Reverse()) await Operator.PutAsync(name, "canary-value");
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Names_come_in_ordinal_order_and_without_values()
    {
        var answer = (await Operator.GetAsync("/v1/secrets")).Is(200);
        Assert.Equal("secrets next", answer.Members);
        Assert.Equal(Names.Order(StringComparer.Ordinal), NamesOf(answer));
        Assert.Equal(JsonValueKind.Null, answer.Json.GetProperty("next").ValueKind);
        Assert.Equal("name version valid_from", string.Join(' ', answer.Json.GetProperty("secrets")[0].EnumerateObject().Select(member => member.Name)));
        Assert.DoesNotContain("canary", answer.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("a/")]
    [InlineData("a/b")]
    [InlineData("zz")]
    [InlineData("%00")]
    [InlineData("%EF%BF%BF")]
    public async Task A_prefix_chooses_names(string prefix)
    {
        var expected = Names.Where(name => name.StartsWith(Uri.UnescapeDataString(prefix), StringComparison.Ordinal)).Order(StringComparer.Ordinal);
        Assert.Equal(expected, NamesOf(await Operator.GetAsync($"/v1/secrets?prefix={prefix}")));
    }

    [Theory]
    [InlineData(1, "")]
    [InlineData(2, "")]
    [InlineData(3, "a")]
    [InlineData(5, "a")]
    [InlineData(10, "")]
    [InlineData(1000, "")]
    public async Task Pages_hold_every_name_once(int limit, string prefix)
    {
        var (all, after) = (new List<string>(), "");
        while (true)
        {
            var page = (await Operator.GetAsync($"/v1/secrets?prefix={prefix}&limit={limit}&after={Uri.EscapeDataString(after)}")).Is(200);
            Assert.InRange(page.Json.GetProperty("secrets").GetArrayLength(), 1, limit);
            all.AddRange(NamesOf(page));
            if (page.Json.GetProperty("next").GetString() is not { } next) break;
            after = next;
        }
        Assert.Equal(Names.Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal), all);
    }

    [Fact]
    public async Task A_history_is_newest_first_and_comes_in_pages()
    {
        for (var value = 2; value <= 7; value++) await Operator.PutAsync("a", $"{value}");
        var (all, before) = (new List<int>(), "");
        while (true)
        {
            var page = (await Operator.GetAsync($"/v1/secrets/a/history?limit=3{before}")).Is(200);
            Assert.Equal("name versions next", page.Members);
            all.AddRange(page.Json.GetProperty("versions").EnumerateArray().Select(item => item.GetProperty("version").GetInt32()));
            if (page.Json.GetProperty("next").ValueKind is JsonValueKind.Null) break;
            before = $"&before={page.Json.GetProperty("next").GetInt32()}";
        }
        Assert.Equal([7, 6, 5, 4, 3, 2, 1], all);
        Assert.Equal(0, (await Operator.GetAsync("/v1/secrets/a/history?before=1")).Is(200).Json.GetProperty("versions").GetArrayLength());
        Assert.Equal(7, (await Operator.GetAsync("/v1/secrets/a/history?before=2147483647")).Is(200).Json.GetProperty("versions").GetArrayLength());
    }

    [Fact]
    public async Task An_item_of_a_history_says_who_when_and_under_which_key()
    {
        var writer = await _server.MakeAsync("writer", subject: "ci/deploy job");
        await writer.PutAsync("a", "canary-2");
        var answer = (await Operator.GetAsync("/v1/secrets/a/history")).Is(200);
        var (newest, older) = (answer.Json.GetProperty("versions")[0], answer.Json.GetProperty("versions")[1]);

        Assert.Equal(["created_by", "key_id", "state", "valid_from", "valid_to", "version"], newest.EnumerateObject().Select(member => member.Name).Order());
        Assert.Equal("ci/deploy job", newest.GetProperty("created_by").GetString());
        Assert.Equal("dev", older.GetProperty("created_by").GetString());
        Assert.Matches("^[0-9a-f]{16}$", newest.GetProperty("key_id").GetString());
        Assert.Equal(newest.GetProperty("valid_from").GetString(), older.GetProperty("valid_to").GetString());
        Assert.Equal(("current", "superseded"), (newest.GetProperty("state").GetString(), older.GetProperty("state").GetString()));
        Assert.DoesNotContain("canary", answer.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/secrets?limit=0")]
    [InlineData("/v1/secrets?limit=1001")]
    [InlineData("/v1/secrets?limit=1e9")]
    [InlineData("/v1/secrets?limit=NaN")]
    [InlineData("/v1/secrets?limit=-1")]
    [InlineData("/v1/secrets?limit=99999999999999999999")]
    [InlineData("/v1/secrets?before=3")]
    [InlineData("/v1/secrets/a/history?limit=0")]
    [InlineData("/v1/secrets/a/history?before=0")]
    [InlineData("/v1/secrets/a/history?before=-5")]
    [InlineData("/v1/secrets/a/history?after=a")]
    public async Task Limits_and_places_are_checked(string path) => (await Operator.GetAsync(path)).IsProblem(400, "invalid_request");

    [Fact]
    public async Task A_name_that_ends_in_history_is_read_with_its_slash_escaped()
    {
        await Operator.PutAsync("app%2Fhistory", "mine");
        Assert.Equal("mine", (await Operator.GetAsync("/v1/secrets/app%2Fhistory")).Is(200).Json.GetProperty("value").GetString());
        Assert.Equal(1, (await Operator.GetAsync("/v1/secrets/app%2fhistory/history")).Is(200).Json.GetProperty("versions").GetArrayLength());
        (await Operator.GetAsync("/v1/secrets/app/history")).IsProblem(404, "not_found");
    }

    private static IEnumerable<string> NamesOf(Answer answer) => answer.Is(200).Json.GetProperty("secrets").EnumerateArray().Select(item => item.GetProperty("name").GetString()!);
}
