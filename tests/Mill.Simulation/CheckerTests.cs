using Xunit;

namespace Mill.Simulation;

/// <summary>The checks are checked: every bug that is put in must be found within a few seeds.</summary>
public sealed class CheckerTests
{
    private const int Seeds = 40;

    public static TheoryData<string> Bugs => [.. Enum.GetNames<Mutation>().Where(name => name != nameof(Mutation.None))];

    [Theory]
    [MemberData(nameof(Bugs))]
    public async Task A_bug_that_is_put_in_is_found(string bug)
    {
        for (var seed = 1; seed <= Seeds; seed++)
        {
            if ((await SimulationTests.TryAsync(seed, Enum.Parse<Mutation>(bug))).Failure is not null) return;
        }
        Assert.Fail($"{Seeds} runs with {bug}, and none of them failed.");
    }
}
