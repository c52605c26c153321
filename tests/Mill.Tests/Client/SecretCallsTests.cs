using Mill.Client;
using Mill.Client.Contracts;
using Mill.Client.Http;
using Mill.Secrets;
using Xunit;

namespace Mill.Tests.Client;

public sealed class SecretCallsTests
{
    private const string IsSet = """{"name":"a","version":4,"valid_from":"2026-01-01T00:00:00.000000Z","changed":true}""";

    [Fact]
    public async Task A_set_carries_its_conditions_and_a_key_of_its_own()
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("PUT /v1/secrets/a?force=true", IsSet, 201);
        using var client = mill.Connect();
        using var value = SecretValue.FromText("canary");
        var answer = await client.SetAsync("a", value, new() { IfVersion = 3, Force = true });
        await client.SetAsync("a", value, new() { IfAbsent = true, Force = true });

        Assert.Equal((4, true), (answer.Version, answer.Changed));
        var (first, second) = (mill.Seen[0], mill.Seen[1]);
        Assert.Equal("Bearer " + FakeMill.Token, first.Header("Authorization"));
        Assert.Equal("\"3\"", first.Header("If-Match"));
        Assert.Equal("*", second.Header("If-None-Match"));
        Assert.Equal("""{"value":"canary"}""", first.Body);
        Assert.Matches("^[0-9a-f]{32}$", first.Header("Idempotency-Key"));
        Assert.NotEqual(first.Header("Idempotency-Key"), second.Header("Idempotency-Key"));
    }

    [Fact]
    public async Task Bytes_that_are_not_text_travel_as_base64()
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("PUT /v1/secrets/a", IsSet);
        using var client = mill.Connect();
        using var value = SecretValue.FromBytes([0xff, 0x00]);
        await client.SetAsync("a", value);
        Assert.Equal("""{"value_base64":"/wA="}""", mill.Seen[0].Body);
    }

    [Fact]
    public async Task Text_that_escapes_would_blow_up_travels_as_base64()
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("PUT /v1/secrets/a", IsSet);
        using var client = mill.Connect();
        using var value = SecretValue.FromBytes(Enumerable.Repeat((byte)1, 256 * 1024).ToArray());
        await client.SetAsync("a", value);
        Assert.StartsWith("""{"value_base64":""", mill.Seen[0].Body, StringComparison.Ordinal);
        Assert.True(mill.Seen[0].Body.Length < 1 << 20);
    }

    [Fact]
    public async Task A_slash_in_a_name_is_escaped_so_that_it_is_no_path()
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("GET /v1/secrets/a%2Fhistory?version=2", """{"name":"a/history","version":2,"value_base64":"/wA=","valid_from":"2026-01-01T00:00:00Z","valid_to":null,"state":"current","later":1}""");
        using var client = mill.Connect();
        using var secret = await client.GetAsync("a/history", version: 2);
        Assert.Equal([0xff, 0x00], secret.ValueBase64!.Reveal(bytes => bytes.ToArray()));
    }

    [Fact]
    public async Task A_past_moment_is_asked_for_in_microseconds()
    {
        await using var mill = await FakeMill.StartAsync();
        using var client = mill.Connect();
        var at = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.FromHours(1)).AddTicks(1234567);
        await Assert.ThrowsAsync<MillException>(() => client.GetAsync("a", at: at));
        Assert.Equal("/v1/secrets/a?at=2026-01-02T02%3A04%3A05.123456Z", mill.Seen[0].Target);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    public async Task A_name_that_would_be_another_address_is_never_sent(string name)
    {
        await using var mill = await FakeMill.StartAsync();
        using var client = mill.Connect();
        var failure = await Assert.ThrowsAsync<MillException>(() => client.DeleteAsync(name));
        Assert.Equal(MillError.InvalidName, failure.Error);
        Assert.Empty(mill.Seen);
    }

    [Fact]
    public async Task Lists_and_histories_are_read_page_after_page()
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("GET /v1/secrets?prefix=a", """{"secrets":[{"name":"a1","version":1,"valid_from":"2026-01-01T00:00:00Z"}],"next":"a1"}""");
        mill.On("GET /v1/secrets?prefix=a&after=a1", """{"secrets":[{"name":"a2","version":1,"valid_from":"2026-01-01T00:00:00Z"}],"next":null}""");
        mill.On("GET /v1/secrets/a1/history", """{"name":"a1","versions":[{"version":2,"state":"current","valid_from":"2026-01-01T00:00:00Z","valid_to":null,"created_by":"me","key_id":"k"}],"next":2}""");
        mill.On("GET /v1/secrets/a1/history?before=2", """{"name":"a1","versions":[],"next":null}""");
        using var client = mill.Connect();
        var names = new List<string>();
        await foreach (var item in client.ListAllAsync("a")) names.Add(item.Name);
        var versions = new List<int>();
        await foreach (var item in client.GetAllHistoryAsync("a1")) versions.Add(item.Version);
        Assert.Equal(["a1", "a2"], names);
        Assert.Equal([2], versions);
    }

    [Fact]
    public async Task A_transaction_is_sent_as_one()
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("POST /v1/transactions", """{"results":[{"op":"set","name":"a","version":1,"changed":true}],"valid_from":"2026-01-01T00:00:00Z"}""");
        using var client = mill.Connect();
        using var value = SecretValue.FromText("é");
        var answer = await client.CommitAsync(new() { Operations = [new() { Op = "set", Name = "a", Value = value, IfAbsent = true }] });
        Assert.Equal(1, answer.Results[0].Version);
        Assert.Equal("""{"operations":[{"op":"set","name":"a","value":"é","if_absent":true}]}""", mill.Seen[0].Body);
    }

    [Fact]
    public void Options_never_print_their_token() =>
        Assert.DoesNotContain("canary", new MillClientOptions { Token = "canary" }.ToString(), StringComparison.Ordinal);

    [Fact]
    public async Task A_value_in_an_answer_that_is_not_understood_is_in_no_message()
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("GET /v1/secrets/a", """{"name":"a","value":"canary""");
        using var client = mill.Connect();
        var failure = await Assert.ThrowsAsync<MillException>(() => client.GetAsync("a"));
        Assert.Equal(MillError.Internal, failure.Error);
        Assert.DoesNotContain("canary", failure.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"name":"a","version":2,"value":"\u00e9\n\ud83d\ude00","valid_from":"2026-01-01T01:00:00+01:00","valid_to":null,"state":"current","later":{"x":[1]}}""")]
    [InlineData("""{"state":"superseded","value_base64":"/wA=","valid_to":"2026-01-02T00:00:00Z","valid_from":"2026-01-01T00:00:00Z","version":1,"name":"b"}""")]
    public void The_reader_made_by_hand_reads_what_the_serializer_reads(string json)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(json);
        using var expected = System.Text.Json.JsonSerializer.Deserialize(bytes, ApiJson.Lenient.TypeInfo<SecretResponse>());
        using var actual = SecretAnswer.Read(bytes);
        Assert.Equal(expected, actual);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"name":"a","version":"x","value":"v","valid_from":"2026-01-01T00:00:00Z","state":"current"}""")]
    [InlineData("""{"name":"a","version":1,"value":7,"valid_from":"2026-01-01T00:00:00Z","state":"current"}""")]
    [InlineData("""{"name":"a","version":1,"valid_from":"2026-01-01T00:00:00Z","state":"current"}""")]
    [InlineData("""{"name":"a","version":1,"value_base64":"?","valid_from":"2026-01-01T00:00:00Z","state":"current"}""")]
    [InlineData("""{"name":"a","version":1,"value":"v","valid_from":"2026-01-01T00:00:00Z","state":"current"} more""")]
    public void An_answer_that_is_no_secret_is_not_understood(string json) =>
        Assert.Equal(MillError.Internal, Assert.Throws<MillException>(() => SecretAnswer.Read(System.Text.Encoding.UTF8.GetBytes(json))).Error);
}
