//! From the parsed text to what can be evaluated. Everything that is not supported is refused here,
//! when an expression is loaded, and not when it is first needed.

use promql_parser::label::{MatchOp, Matchers};
use promql_parser::parser::token::{
    T_ADD, T_ATAN2, T_AVG, T_COUNT, T_DIV, T_EQLC, T_GROUP, T_GTE, T_GTR, T_LAND, T_LOR, T_LSS,
    T_LTE, T_LUNLESS, T_MAX, T_MIN, T_MOD, T_MUL, T_NEQ, T_POW, T_QUANTILE, T_STDDEV, T_STDVAR,
    T_SUB, T_SUM,
};
use promql_parser::parser::value::ValueType;
use promql_parser::parser::{
    AggregateExpr, BinaryExpr, Expr as Parsed, LabelModifier, MatrixSelector, Offset,
    VectorMatchCardinality, VectorSelector,
};

use crate::model::Message;
use crate::series::index::{Matcher, Test};
use crate::series::millis;

use super::labels::{NAME, Rule};
use super::{QueryError, call};

/// Deeper expressions are refused: evaluation recurses.
const DEPTH_LIMIT: usize = 64;

/// What can be evaluated.
#[derive(Clone, Debug)]
pub(super) enum Node {
    /// A number.
    Number(f64),
    /// The current values of some series.
    Select(Selector),
    /// Minus.
    Negate(Box<Node>),
    /// An arithmetic or comparison operator.
    Binary(Box<Binary>),
    /// `and`, `or`, `unless`.
    Set(Box<SetOperation>),
    /// One value from a group of values.
    Aggregate(Box<Aggregation>),
    /// A function.
    Call(Box<call::Call>),
}

/// Chooses series, at the time asked for less an offset.
#[derive(Clone, Debug)]
pub(super) struct Selector {
    /// All must pass.
    pub(super) matchers: Vec<Matcher>,
    /// Milliseconds before the time asked for; negative when after it.
    pub(super) offset: i64,
}

impl Selector {
    /// The exact metric name, if one is asked for.
    pub(super) fn name(&self) -> Option<&str> {
        self.matchers.iter().find_map(|matcher| match &matcher.test {
            Test::Equal(value) if *matcher.label == *NAME => Some(&**value),
            _ => None,
        })
    }
}

/// What an arithmetic or comparison operator does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Power,
    Atan2,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Operator {
    fn of(token: u16) -> Option<Self> {
        Some(match token {
            T_ADD => Self::Add,
            T_SUB => Self::Subtract,
            T_MUL => Self::Multiply,
            T_DIV => Self::Divide,
            T_MOD => Self::Modulo,
            T_POW => Self::Power,
            T_ATAN2 => Self::Atan2,
            T_EQLC => Self::Equal,
            T_NEQ => Self::NotEqual,
            T_LSS => Self::Less,
            T_LTE => Self::LessOrEqual,
            T_GTR => Self::Greater,
            T_GTE => Self::GreaterOrEqual,
            _ => return None,
        })
    }

    /// Whether it compares.
    pub(super) fn is_comparison(self) -> bool {
        matches!(
            self,
            Self::Equal
                | Self::NotEqual
                | Self::Less
                | Self::LessOrEqual
                | Self::Greater
                | Self::GreaterOrEqual
        )
    }
}

/// Which side may have several partners for one of the other side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Many {
    /// Neither.
    Neither,
    /// The left one: `group_left`.
    Left,
    /// The right one: `group_right`.
    Right,
}

/// An arithmetic or comparison operator with its sides.
#[derive(Clone, Debug)]
pub(super) struct Binary {
    /// What it does.
    pub(super) operator: Operator,
    /// `bool`: gives 0 or 1 rather than filter.
    pub(super) gives_bool: bool,
    /// The left side.
    pub(super) left: Node,
    /// The right side.
    pub(super) right: Node,
    /// The labels by which the sides are matched.
    pub(super) rule: Rule,
    /// Which side may have several.
    pub(super) many: Many,
    /// Labels taken over from the side that has one.
    pub(super) include: Vec<String>,
}

/// The set operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SetOperator {
    And,
    Or,
    Unless,
}

/// A set operator with its sides.
#[derive(Clone, Debug)]
pub(super) struct SetOperation {
    pub(super) operator: SetOperator,
    pub(super) left: Node,
    pub(super) right: Node,
    pub(super) rule: Rule,
}

/// How a group becomes one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aggregator {
    Sum,
    Average,
    Minimum,
    Maximum,
    Count,
    Group,
    Deviation,
    Variance,
    Quantile,
}

/// An aggregation.
#[derive(Clone, Debug)]
pub(super) struct Aggregation {
    pub(super) aggregator: Aggregator,
    pub(super) inner: Node,
    /// The quantile asked for.
    pub(super) parameter: Option<Node>,
    pub(super) rule: Rule,
}

/// Makes the plan of an expression.
pub(super) fn plan(parsed: &Parsed, depth: usize) -> Result<Node, QueryError> {
    if depth > DEPTH_LIMIT {
        return Err(QueryError::new(Message::new("query-deep")));
    }
    match parsed {
        Parsed::Paren(paren) => plan(&paren.expr, depth + 1),
        Parsed::NumberLiteral(number) => Ok(Node::Number(number.val)),
        Parsed::VectorSelector(vector) => Ok(Node::Select(selector(vector)?)),
        Parsed::Unary(unary) => Ok(Node::Negate(Box::new(plan(&unary.expr, depth + 1)?))),
        Parsed::Binary(binary) => plan_binary(binary, depth),
        Parsed::Aggregate(aggregate) => plan_aggregate(aggregate, depth),
        Parsed::Call(parsed) => Ok(Node::Call(Box::new(call::plan_call(parsed, depth)?))),
        Parsed::MatrixSelector(_) => Err(QueryError::new(Message::new("query-bare-range"))),
        Parsed::StringLiteral(_) => Err(QueryError::new(Message::new("query-bare-text"))),
        Parsed::Subquery(subquery) => Err(QueryError::at(
            Message::new("query-subquery").word("subquery", subquery.to_string()),
            "[",
        )),
        Parsed::Extension(_) => Err(QueryError::new(Message::new("query-extension"))),
    }
}

/// Makes a selector.
pub(super) fn selector(vector: &VectorSelector) -> Result<Selector, QueryError> {
    if vector.at.is_some() {
        return Err(QueryError::at(Message::new("query-modifier"), "@"));
    }
    let Matchers { matchers, or_matchers } = &vector.matchers;
    if !or_matchers.is_empty() {
        return Err(QueryError::at(Message::new("query-or"), " or "));
    }
    let named = vector
        .name
        .iter()
        .map(|name| Matcher { label: NAME.into(), test: Test::Equal(name.as_str().into()) });
    let others = matchers.iter().map(|matcher| Matcher {
        label: matcher.name.as_str().into(),
        test: match &matcher.op {
            MatchOp::Equal => Test::Equal(matcher.value.as_str().into()),
            MatchOp::NotEqual => Test::NotEqual(matcher.value.as_str().into()),
            MatchOp::Re(regex) => Test::Matches(regex.clone()),
            MatchOp::NotRe(regex) => Test::MatchesNot(regex.clone()),
        },
    });
    let offset = match &vector.offset {
        None => 0,
        Some(Offset::Pos(duration)) => millis(*duration),
        Some(Offset::Neg(duration)) => -millis(*duration),
    };
    Ok(Selector { matchers: named.chain(others).collect(), offset })
}

/// Makes the selector of a range, with its length in milliseconds.
pub(super) fn range_selector(matrix: &MatrixSelector) -> Result<(Selector, i64), QueryError> {
    let range = millis(matrix.range);
    if range <= 0 {
        return Err(QueryError::at(Message::new("query-empty-range"), "["));
    }
    Ok((selector(&matrix.vs)?, range))
}

fn sorted(names: &[String]) -> Vec<String> {
    let mut names = names.to_vec();
    names.sort();
    names.dedup();
    names
}

fn rule(modifier: Option<&LabelModifier>, default: Rule) -> Rule {
    match modifier {
        None => default,
        Some(LabelModifier::Include(names)) => Rule::Only(sorted(&names.labels)),
        Some(LabelModifier::Exclude(names)) => Rule::Except(sorted(&names.labels)),
    }
}

fn plan_binary(binary: &BinaryExpr, depth: usize) -> Result<Node, QueryError> {
    let left = plan(&binary.lhs, depth + 1)?;
    let right = plan(&binary.rhs, depth + 1)?;
    let modifier = binary.modifier.as_ref();
    if let Some(modifier) = modifier
        && (modifier.fill_values.lhs.is_some() || modifier.fill_values.rhs.is_some())
    {
        return Err(QueryError::at(Message::new("query-fill"), "fill"));
    }
    let matching = modifier.and_then(|modifier| modifier.matching.as_ref());
    let rule = rule(matching, Rule::Except(Vec::new()));
    let set = match binary.op.id() {
        T_LAND => Some(SetOperator::And),
        T_LOR => Some(SetOperator::Or),
        T_LUNLESS => Some(SetOperator::Unless),
        _ => None,
    };
    if let Some(operator) = set {
        return Ok(Node::Set(Box::new(SetOperation { operator, left, right, rule })));
    }
    let word = binary.op.to_string();
    let operator = Operator::of(binary.op.id())
        .ok_or_else(|| QueryError::at(Message::new("query-operator").word("word", &word), &word))?;
    let (many, include) = match modifier.map(|modifier| &modifier.card) {
        Some(VectorMatchCardinality::ManyToOne(names)) => (Many::Left, sorted(&names.labels)),
        Some(VectorMatchCardinality::OneToMany(names)) => (Many::Right, sorted(&names.labels)),
        _ => (Many::Neither, Vec::new()),
    };
    let gives_bool = binary.return_bool();
    let scalars = binary.lhs.value_type() == ValueType::Scalar
        && binary.rhs.value_type() == ValueType::Scalar;
    if scalars && operator.is_comparison() && !gives_bool {
        return Err(QueryError::at(Message::new("query-comparison"), &word));
    }
    Ok(Node::Binary(Box::new(Binary { operator, gives_bool, left, right, rule, many, include })))
}

fn plan_aggregate(aggregate: &AggregateExpr, depth: usize) -> Result<Node, QueryError> {
    let aggregator = match aggregate.op.id() {
        T_SUM => Aggregator::Sum,
        T_AVG => Aggregator::Average,
        T_MIN => Aggregator::Minimum,
        T_MAX => Aggregator::Maximum,
        T_COUNT => Aggregator::Count,
        T_GROUP => Aggregator::Group,
        T_STDDEV => Aggregator::Deviation,
        T_STDVAR => Aggregator::Variance,
        T_QUANTILE => Aggregator::Quantile,
        _ => {
            let word = aggregate.op.to_string();
            let message = Message::new("query-aggregation").word("word", &word);
            return Err(QueryError::at(message, &word));
        }
    };
    let parameter = match (&aggregate.param, aggregator) {
        (Some(parameter), Aggregator::Quantile) => Some(plan(parameter, depth + 1)?),
        (None, Aggregator::Quantile) => {
            return Err(QueryError::at(Message::new("query-quantile"), "quantile"));
        }
        _ => None,
    };
    Ok(Node::Aggregate(Box::new(Aggregation {
        aggregator,
        inner: plan(&aggregate.expr, depth + 1)?,
        parameter,
        rule: rule(aggregate.modifier.as_ref(), Rule::Only(Vec::new())),
    })))
}
