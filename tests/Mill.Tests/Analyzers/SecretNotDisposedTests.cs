using Xunit;

namespace Mill.Tests.Analyzers;

/// <summary>MILL0003.</summary>
public sealed class SecretNotDisposedTests
{
    [Fact]
    public Task A_secret_that_nobody_takes_care_of_is_found() => Analysis.HoldsAsync("""
        var a = SecretValue.FromText("a"); // MILL0003
        var b = await secrets.GetAsync("b"); // MILL0003
        var c = await secrets.GetAsync("c").ConfigureAwait(false); // MILL0003
        var d = await secrets.GetAsync("d").AsTask().WaitAsync(CancellationToken.None); // MILL0003
        var length = a.Length + b.Reveal(bytes => bytes.Length) + c.Length;
        if (d is null || d == kept || d.Equals(kept) || d is not { Length: > 0 }) return null;
        SecretValue? e;
        e = SecretValue.FromText("e"); // MILL0003
        var f = text is "" ? SecretValue.FromText("f") : null; // MILL0003
        var g = secret.Reveal(SecretValue.FromBytes); // MILL0003
        f = null;
        """);

    [Fact]
    public Task A_secret_that_no_local_holds_is_found() => Analysis.HoldsAsync("""
        SecretValue.FromText("a"); // MILL0003
        _ = SecretValue.FromText("b"); // MILL0003
        await secrets.GetAsync("c"); // MILL0003
        var length = (await secrets.GetAsync("d")).Reveal(bytes => bytes.Length); // MILL0003
        Send((await secrets.GetAsync("e")).Reveal(Encoding.UTF8.GetString)); // MILL0003
        var equal = SecretValue.FromText("f").Equals(secret); // MILL0003
        Func<Task> g = async () => { await secrets.GetAsync("g"); }; // MILL0003
        Func<Task> throwing = async () => await secrets.GetAsync("none");
        """);

    [Fact]
    public Task A_loan_is_not_a_gift() => Analysis.HoldsAsync("""
        values.Set("a", SecretValue.FromText("a")); // MILL0003
        await secrets.SetAsync("b", SecretValue.FromText("b")); // MILL0003
        var memory = new MemoryProvider(seed: new Dictionary<string, SecretValue>());
        var c = SecretValue.FromText("c"); // MILL0003
        await memory.SetAsync("c", c);
        var d = SecretValue.FromText("d"); // MILL0003
        ArgumentNullException.ThrowIfNull(d);
        """);

    [Fact]
    public Task A_secret_that_is_disposed_is_fine() => Analysis.HoldsAsync("""
        using var a = await secrets.GetAsync("a");
        using (var b = SecretValue.FromText("b")) values.Set("b", b);
        var c = SecretValue.FromText("c");
        try { values.Set("c", c); } finally { c.Dispose(); }
        SecretValue? d = null;
        try { d = await secrets.GetAsync("d"); } finally { d?.Dispose(); }
        var e = SecretValue.FromText("e");
        using (e) { }
        SecretValue.FromText("f").Dispose();
        var g = SecretValue.FromText("g");
        Action later = () => g.Dispose();
        using var h = text is "" ? SecretValue.FromText("h") : null;
        """);

    [Fact]
    public Task A_secret_that_goes_to_somebody_is_fine() => Analysis.HoldsAsync("""
        Keep(SecretValue.FromText("a"));
        kept = SecretValue.FromText("b");
        many.Add(SecretValue.FromText("c"));
        var array = new[] { SecretValue.FromText("d") };
        var pair = (text, SecretValue.FromText("e"));
        var found = SecretLookup.Found(SecretValue.FromText("f"), "here");
        Func<SecretValue> make = () => SecretValue.FromText("g");
        var h = SecretValue.FromText("h");
        kept = h;
        var i = SecretValue.FromText("i");
        many.Add(i);
        var task = secrets.GetAsync("j");
        using var j = await task;
        if (text is "") return SecretValue.FromText("k");
        var l = SecretValue.FromText("l");
        return l;
        """);

    [Fact]
    public Task What_may_belong_to_somebody_else_is_left_alone() => Analysis.HoldsAsync("""
        var a = many.First();
        var b = many[0];
        var c = kept;
        var d = new Dictionary<string, SecretValue>().GetValueOrDefault("d");
        var e = Interlocked.Exchange(ref kept, null);
        var length = many.Single(value => value.Length > 3).Length + many.Max(value => value.Length);
        foreach (var value in many) values.Set("f", value);
        """);
}
