using Mill.Core.Sync;
using Mill.Secrets;

namespace Mill.Sync.Requirements;

/// <summary>Walks through one workflow (https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax) and collects what it says of secrets.</summary>
internal sealed class WorkflowReader(SourceText source)
{
    private const string Call = "workflow_call";

    // Far more than a workflow has, and far less than aliases can make of a small file.
    private const int MostSteps = 1_000_000;

    private static readonly JobEnvironment?[] NoEnvironment = [null];

    private readonly HashSet<SecretUse> _uses = [];
    private readonly HashSet<MillProblem> _notes = [];
    private readonly HashSet<YamlNode> _visited = [];
    private HashSet<string> _parameters = [];
    private int _steps;

    public WorkflowFindings Read()
    {
        var problems = new List<MillProblem>();
        var root = YamlReader.Read(source, takesAliases: true, problems);
        foreach (var problem in problems) _notes.Add(problem with { Code = WorkflowNotes.UnreadableWorkflow });
        if (root is YamlMap workflow) ReadWorkflow(workflow);
        else if (problems.Count is 0) Note(WorkflowNotes.UnreadableWorkflow, root?.Start ?? 0, "This is no workflow.");
        return new(
            [.. _uses.OrderBy(use => use.Place!.Line).ThenBy(use => use.Place!.Column)],
            [.. _notes.OrderBy(note => note.Line).ThenBy(note => note.Column)]);
    }

    private void ReadWorkflow(YamlMap workflow)
    {
        _parameters = ParametersOf(workflow["on"]);
        var jobs = workflow["jobs"] is YamlMap map ? map.Entries.Select(entry => entry.Value).OfType<YamlMap>().ToList() : [];
        var environments = jobs.ConvertAll(job => EnvironmentOf(job["environment"]));
        // Whatever stands outside the jobs holds in each of them.
        JobEnvironment?[] all = environments.Count is 0 ? NoEnvironment : [.. environments.Distinct()];
        foreach (var (key, value) in workflow.Entries)
        {
            Visit(key, all);
            if (key is not YamlScalar { Value: "jobs" }) Visit(value, all);
        }
        for (var i = 0; i < jobs.Count; i++)
        {
            // What an alias stands for is looked at again in each job, and once only in each.
            _visited.Clear();
            VisitJob(jobs[i], [environments[i]]);
        }
    }

    /// <summary>The names that a workflow is given by whoever calls it. Where it also runs by itself they are the repository's, too.</summary>
    private static HashSet<string> ParametersOf(YamlNode? triggers) =>
        triggers is YamlMap { Entries: [var (key, value)] } && key is YamlScalar { Value: Call } && value is YamlMap call && call["secrets"] is YamlMap secrets
            ? secrets.Entries.Select(entry => entry.Key).OfType<YamlScalar>().Select(name => name.Value).ToHashSet(StringComparer.OrdinalIgnoreCase)
            : [];

    private JobEnvironment? EnvironmentOf(YamlNode? node)
    {
        var name = (node is YamlMap map ? map["name"] : node) as YamlScalar;
        if (name is null or { IsNull: true } or { Value: "" }) return null;
        if (!Expressions.AreIn(name.Value)) return new(name.Value);
        Note(WorkflowNotes.ComputedEnvironment, name.Start, "The environment is known only when the workflow runs: what it has cannot be looked up.");
        return new(Name: null);
    }

    private void VisitJob(YamlMap job, JobEnvironment?[] environments)
    {
        foreach (var (key, value) in job.Entries)
        {
            Visit(key, environments);
            switch ((key as YamlScalar)?.Value)
            {
                case "if":
                    VisitCondition(value, environments);
                    break;
                case "steps" when value is YamlList steps:
                    foreach (var step in steps.Items) VisitStep(step, environments);
                    break;
                case "secrets" when value is YamlScalar { Value: "inherit" }:
                    Note(WorkflowNotes.InheritedSecrets, value.Start, "The called workflow gets all secrets: which of them it uses stands there.");
                    break;
                default:
                    Visit(value, environments);
                    break;
            }
        }
    }

    private void VisitStep(YamlNode step, JobEnvironment?[] environments)
    {
        if (step is not YamlMap map)
        {
            Visit(step, environments);
            return;
        }
        if (!_visited.Add(map)) return;
        foreach (var (key, value) in map.Entries)
        {
            Visit(key, environments);
            if (key is YamlScalar { Value: "if" }) VisitCondition(value, environments);
            else Visit(value, environments);
        }
    }

    /// <summary>A condition is an expression without braces, too.</summary>
    private void VisitCondition(YamlNode node, JobEnvironment?[] environments)
    {
        if (node is not YamlScalar scalar || Expressions.AreIn(scalar.Value)) Visit(node, environments);
        else if (_visited.Add(scalar)) ReadExpression(ScalarText.Of(source, scalar), Range.All, environments);
    }

    private void Visit(YamlNode node, JobEnvironment?[] environments)
    {
        if (!_visited.Add(node) || IsEnough()) return;
        switch (node)
        {
            case YamlScalar scalar when Expressions.AreIn(scalar.Value):
                var text = ScalarText.Of(source, scalar);
                foreach (var range in Expressions.In(text.Text)) ReadExpression(text, range, environments);
                break;
            case YamlList list:
                foreach (var item in list.Items) Visit(item, environments);
                break;
            case YamlMap map:
                foreach (var (key, value) in map.Entries)
                {
                    Visit(key, environments);
                    Visit(value, environments);
                }
                break;
            default:
                break;
        }
    }

    private void ReadExpression(ScalarText text, Range range, JobEnvironment?[] environments)
    {
        var tokens = Expressions.Read(text.Text, range);
        for (var i = 0; i < tokens.Count; i++)
        {
            // A member of something else may have that name as well.
            if (!tokens[i].Is("secrets") || (i > 0 && tokens[i - 1].Kind is ExpressionTokenKind.Dot)) continue;
            if (NameBehind(tokens, i) is { } name) Use(name.Value, text.PlaceOf(name.Start), environments);
            else if (KindOf(tokens, i + 1) is ExpressionTokenKind.Opening) Note(WorkflowNotes.ComputedName, text.PlaceOf(tokens[i].Start), "Which secret this is, is known only when the workflow runs.");
            else Note(WorkflowNotes.AllSecrets, text.PlaceOf(tokens[i].Start), "These are all secrets at once: which of them are needed cannot be known.");
        }
    }

    /// <summary>What is taken out of <c>secrets</c>, as <c>.NAME</c> or as <c>['NAME']</c>; null where it is something else.</summary>
    private static ExpressionToken? NameBehind(List<ExpressionToken> tokens, int at) => (KindOf(tokens, at + 1), KindOf(tokens, at + 2), KindOf(tokens, at + 3)) switch
    {
        (ExpressionTokenKind.Dot, ExpressionTokenKind.Name, _) => tokens[at + 2],
        (ExpressionTokenKind.Opening, ExpressionTokenKind.Text, ExpressionTokenKind.Closing) => tokens[at + 2],
        _ => null,
    };

    private static ExpressionTokenKind? KindOf(List<ExpressionToken> tokens, int at) => at < tokens.Count ? tokens[at].Kind : null;

    private void Use(string name, int at, JobEnvironment?[] environments)
    {
        // Every run has one by itself.
        if (name.Equals("GITHUB_TOKEN", StringComparison.OrdinalIgnoreCase) || _parameters.Contains(name)) return;
        if (GitHubSecretName.Normalize(name, out var reason) is not { } normal)
        {
            Note(WorkflowNotes.ImpossibleName, at, $"No secret has this name, it is always empty: {reason}.");
            return;
        }
        foreach (var environment in environments.TakeWhile(_ => !IsEnough())) _uses.Add(new(normal, environment, source.PlaceOf(at)));
    }

    private bool IsEnough()
    {
        if (++_steps <= MostSteps) return false;
        Note(WorkflowNotes.UnreadableWorkflow, 0, "It repeats itself so often that not all of it was looked at.");
        return true;
    }

    private void Note(string code, int at, string detail) => _notes.Add(source.Problem(MillError.Configuration, at, detail) with { Code = code });
}
